// @ts-check
// Finds the engine that this tab is to use: one for all tabs of a browser where that can be.
// A browser opens six connections to a host by HTTP/1.1, so that each tab's own event stream
// would stall the seventh tab (and, with it, every request of the others).

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
/** @typedef {"worker" | "leader" | "own"} Sharing by a SharedWorker, by one tab for the others, or not */
/** @typedef {(message: any) => void} Take */

/**
 * Return how this browser can share.
 * @param {string | null} [asked] `?tabs=` of the page's address: for tests, and to find out
 * @returns {Sharing}
 */
export function sharingOf(asked) {
  const hasLeader = "locks" in navigator && "BroadcastChannel" in globalThis
  const can = { worker: "SharedWorker" in globalThis, leader: hasLeader, own: true }
  if (asked && can[/** @type {Sharing} */ (asked)]) return /** @type {Sharing} */ (asked)
  return can.worker ? "worker" : can.leader ? "leader" : "own"
}

/**
 * @param {Sharing} sharing
 * @param {() => Entry} entry what to enter with, asked for at each entering
 * @param {Take} take what comes from the engine; `{lost: true}` where it is gone
 * @returns {Link}
 */
export function openLink(sharing, entry, take) {
  return sharing === "worker" ? openWorker(entry, take) : openHere(sharing, entry, take)
}

/** @param {() => Entry} entry @param {Take} take @returns {Link} */
function openWorker(entry, take) {
  const tab = newTabId()
  const { can } = entry()
  // Tabs that may use other transports don't share; nor do versions, whose addresses differ.
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
 * The engine is loaded only where it is to run: a page that has a worker is ready sooner.
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
