// @ts-check
// Finds the engine that this tab is to use: one for all tabs of a browser where that can be.
// A browser opens six connections to a host by HTTP/1.1, so that each tab's own event stream
// would stall the seventh tab (and, with it, every request of the others).

import { Host } from "./host.js"
import { liveAs, watchTab } from "./life.js"

/** @import { TransportName } from "../engine/policy.js" */
/** @import { Mood, Port } from "./host.js" */

/** @typedef {{ can: TransportName[], cursor: string, memory: unknown, mood: Mood }} Entry */
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
  if (sharing === "worker") return openWorker(entry, take)
  if (sharing === "leader") return openLeader(entry, take)
  return openOwn(entry, take)
}

/** @param {() => Entry} entry @param {Take} take @returns {Link} */
function openWorker(entry, take) {
  const tab = newTabId()
  liveAs(tab)
  const { can } = entry()
  // Versions of the page must not share a worker, nor must tabs that may use other transports.
  const url = import.meta.resolve("./worker.js")
  const worker = new SharedWorker(url, { type: "module", name: `parley ${can.join()}` })
  const { port } = worker
  port.onmessage = ({ data }) => take(data)
  port.postMessage({ enter: { ...entry(), tab } })
  return {
    send: (message) => port.postMessage(message),
    close() {
      port.postMessage({ please: "leave" })
      port.close()
    },
  }
}

/** @param {() => Entry} entry @param {Take} take @returns {Link} */
function openOwn(entry, take) {
  const { port, open, receive, close } = localPort(take)
  const host = new Host(entry())
  open(() => host.enter(port, entry().mood))
  return {
    send: (message) => receive(() => host.take(port, message)),
    close() {
      close()
      host.leave(port)
    },
  }
}

/**
 * One tab, the holder of a lock, has the engine; the others talk to it by a channel. When it is
 * gone, the next holder begins where it stands itself.
 * @param {() => Entry} entry @param {Take} take @returns {Link}
 */
function openLeader(entry, take) {
  const tab = newTabId()
  liveAs(tab)
  const group = `parley ${entry().can.join()}`
  const channel = new BroadcastChannel(group)
  /** @type {string | null} */
  let leader = null
  /** @type {Link | null} */
  let own = null
  const ending = new AbortController()
  const say = (/** @type {object} */ message) => channel.postMessage({ from: tab, ...message })
  const enter = () => say({ to: "leader", body: { enter: { ...entry(), tab } } })

  channel.onmessage = ({ data: { from, to, body } }) => {
    if (to === tab && !own) take(body)
    else if (to === "all" && !own) {
      if (leader !== null && leader !== from) take({ lost: true })
      leader = from
      enter()
    }
  }
  const lead = () => {
    if (leader !== null) take({ lost: true })
    const led = openLed(entry, take, say)
    own = led
    channel.onmessage = ({ data: { from, to, body } }) => to === "leader" && led.hear(from, body)
    say({ to: "all" })
    return new Promise((/** @type {(value: void) => void} */ resolve) => ending.signal.addEventListener("abort", () => resolve()))
  }
  navigator.locks.request(group, { signal: ending.signal }, lead).catch(() => {}) // we left before our turn
  enter() // to a leader that there may be
  return {
    send: (message) => (own ? own.send(message) : say({ to: "leader", body: message })),
    close() {
      if (own) own.close()
      else say({ to: "leader", body: { please: "leave" } })
      ending.abort()
      channel.close()
    },
  }
}

/**
 * The engine in this tab, for itself and for others.
 * @param {() => Entry} entry @param {Take} take @param {(message: object) => void} say
 */
function openLed(entry, take, say) {
  const { port: ownPort, open, receive, close } = localPort(take)
  const host = new Host(entry())
  open(() => host.enter(ownPort, entry().mood))
  /** @type {Map<string, Port>} */
  const ports = new Map()
  const leave = (/** @type {string} */ from) => {
    const port = ports.get(from)
    ports.delete(from)
    if (port) host.leave(port)
  }
  return {
    send: (/** @type {any} */ message) => receive(() => host.take(ownPort, message)),
    close() {
      close()
      host.leave(ownPort)
    },
    /** @param {string} from @param {any} body */
    hear(from, body) {
      if (body.please === "leave") return leave(from)
      const known = ports.get(from)
      if (known) return host.take(known, body)
      if (!body.enter) return // of an earlier leader's time; it has been told to enter here
      const port = { postMessage: (/** @type {any} */ message) => say({ to: from, body: message }) }
      ports.set(from, port)
      host.enter(port, body.enter.mood)
      watchTab(from, () => leave(from))
    },
  }
}

/**
 * A port within this tab: what is posted arrives later, as with any other.
 * @param {Take} take
 */
function localPort(take) {
  let isOpen = true
  const later = (/** @type {() => void} */ work) => queueMicrotask(() => isOpen && work())
  return {
    port: { postMessage: (/** @type {any} */ message) => later(() => take(message)) },
    open: later,
    receive: later,
    close: () => void (isOpen = false),
  }
}

function newTabId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("")
}
