// @ts-check
// Connects this tab to an engine: one for all tabs of a browser if possible. Over HTTP/1.1 a browser
// opens at most six connections to a host, so if each tab had its own event stream, the seventh tab
// would stall, and with it every request of the others.

import { liveAs } from "./liveness.js"

/** @import { Terms } from "../engine/http.js" */
/** @import { TransportName } from "../engine/policy.js" */
/** @import { Mood } from "./host.js" */

/** @typedef {{ can: TransportName[], cursor: string, memory: unknown, mood: Mood, terms?: Terms, rtt_ms: number }} Entry */
/**
 * @typedef {object} Link to the engine, wherever it runs
 * @property {(message: any) => void} send
 * @property {() => void} close
 */
/** @typedef {"worker" | "leader" | "own"} Sharing by a SharedWorker, by one tab for the others, or not at all */
/** @typedef {(message: any) => void} Take */

/**
 * Return how to share one engine in this browser.
 * @param {string | null} [asked] `?tabs=` of the page's address: for tests and diagnosis
 * @returns {Sharing}
 */
export function sharingOf(asked) {
  const hasLeader = "locks" in navigator && "BroadcastChannel" in globalThis
  const can = { worker: "SharedWorker" in globalThis, leader: hasLeader, own: true }
  if (asked && can[/** @type {Sharing} */ (asked)]) return /** @type {Sharing} */ (asked)
  return can.worker ? "worker" : can.leader ? "leader" : "own"
}

/**
 * Open a link to the engine.
 * @param {Sharing} sharing
 * @param {() => Entry} entry returns what this tab enters with, called at each entry
 * @param {Take} take receives the engine's messages; `{lost: true}` if the engine is gone
 * @returns {Link}
 */
export function openLink(sharing, entry, take) {
  return sharing === "worker" ? openWorker(entry, take) : openHere(sharing, entry, take)
}

/** @param {() => Entry} entry @param {Take} take @returns {Link} */
function openWorker(entry, take) {
  const tab = newTabId()
  const { can } = entry()
  // Tabs with different transports do not share a worker, nor do versions, whose addresses differ.
  const url = new URL("./worker.js", import.meta.url)
  const worker = new SharedWorker(url, { type: "module", name: `parley ${can.join()}` })
  const { port } = worker
  worker.onerror = () => take({ broken: true })
  port.onmessage = ({ data }) => take(data)
  port.postMessage({ enter: entry() })
  void liveAs(tab).then(() => port.postMessage({ watch: tab }))
  return {
    send: (message) => port.postMessage(message),
    close() {
      port.postMessage({ please: "leave" })
      port.close()
    },
  }
}

/**
 * Open a link to an engine in a tab. Its modules are loaded only here: a page with a worker is ready
 * sooner without them.
 * @param {"leader" | "own"} sharing @param {() => Entry} entry @param {Take} take @returns {Link}
 */
function openHere(sharing, entry, take) {
  /** @type {Link | null} */
  let link = null
  let isClosed = false
  /** @type {any[]} */
  const early = []
  const open = async () => {
    const { openLeader, openOwn } = await import("./in_page.js")
    if (isClosed) return
    link = sharing === "leader" ? openLeader(newTabId(), entry, take) : openOwn(entry, take)
    for (const message of early) link.send(message)
  }
  open().catch(() => take({ broken: true }))
  return {
    send: (message) => (link ? link.send(message) : void early.push(message)),
    close() {
      isClosed = true
      link?.close()
    },
  }
}

function newTabId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("")
}
