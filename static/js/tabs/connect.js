// @ts-check
// Connects this tab to an engine: one for all tabs of a browser if possible. Over HTTP/1.1 a browser
// opens at most six connections to a host, so if each tab had its own event stream, the seventh tab
// would stall, and with it every request of the others.

import { SCRIPTS } from "../engine/base.js"
import { randomHex } from "../random.js"
import { holdLock } from "./liveness.js"

/** @import { Terms } from "../engine/http.js" */
/** @import { TransportName } from "../engine/policy.js" */
/** @import { TabState } from "./host.js" */

/** @typedef {{ can: TransportName[], user: string, cursor: string, memory: unknown, state: TabState, terms?: Terms, rtt_ms: number }} Entry */
/** @typedef {{ send: (message: any) => void, close: () => void }} Link to the engine, wherever it runs */
/** @typedef {"worker" | "leader" | "own"} Sharing by a SharedWorker, by one tab for the others, or not at all */
/** @typedef {(message: any) => void} Receive */

/** Return how to share one engine. @param {string | null} [asked] `?tabs=` of the page's address: for tests and diagnosis @returns {Sharing} */
export function sharingOf(asked) {
  const hasLeader = "locks" in navigator && "BroadcastChannel" in globalThis
  const can = { worker: "SharedWorker" in globalThis, leader: hasLeader, own: true }
  if (asked && can[/** @type {Sharing} */ (asked)]) return /** @type {Sharing} */ (asked)
  return can.worker ? "worker" : can.leader ? "leader" : "own"
}

/**
 * Open a link to the engine.
 * @param {Sharing} sharing @param {() => Entry} entry returns what this tab enters with, called at each entry
 * @param {Receive} receive receives the engine's messages; `{lost: true}` if the engine is gone
 * @param {string} worker the file that has worker.js in it
 */
export function openLink(sharing, entry, receive, worker) {
  return sharing === "worker" ? openWorker(entry, receive, worker) : openHere(sharing, entry, receive)
}

/** @param {() => Entry} entry @param {Receive} receive @param {string} file @returns {Link} */
function openWorker(entry, receive, file) {
  const tab = randomHex(8)
  const { can } = entry()
  // Tabs with different transports do not share a worker, nor do versions, whose addresses differ.
  const url = new URL(file, SCRIPTS)
  const worker = new SharedWorker(url, { type: "module", name: `parley ${can.join()}` })
  const { port } = worker
  worker.onerror = () => receive({ broken: true })
  port.onmessage = ({ data }) => receive(data)
  port.postMessage({ enter: entry() })
  void holdLock(tab).then(() => port.postMessage({ watch: tab }))
  return {
    send: (message) => port.postMessage(message),
    close() {
      port.postMessage({ action: "leave" })
      port.close()
    },
  }
}

/**
 * Open a link to an engine in a tab. Only this loads its modules: with a worker, a page is ready sooner.
 * @param {"leader" | "own"} sharing @param {() => Entry} entry @param {Receive} receive @returns {Link}
 */
function openHere(sharing, entry, receive) {
  /** @type {Link | null} */ let link = null
  let isClosed = false
  /** @type {any[]} */ const early = []
  const open = async () => {
    const { openLeader, openOwn } = await import("./in_page.js")
    if (isClosed) return
    link = sharing === "leader" ? openLeader(randomHex(8), entry, receive) : openOwn(entry, receive)
    for (const message of early) link.send(message)
  }
  open().catch(() => receive({ broken: true }))
  return {
    send: (message) => (link ? link.send(message) : void early.push(message)),
    close() {
      isClosed = true
      link?.close()
    },
  }
}
