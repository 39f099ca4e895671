// @ts-check
// Runs the engine in a tab: for that tab alone, or for other tabs as well.

import { BASE } from "../engine/base.js"
import { Host } from "./host.js"
import { liveAs, watchTab } from "./liveness.js"

/** @import { Port } from "./host.js" */
/** @import { Entry, Link, Take } from "./connect.js" */

/** @param {() => Entry} entry @param {Take} take @returns {Link} */
export function openOwn(entry, take) {
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
 * Open a link to the leader's engine. The leader is the tab that holds a lock; the others talk to it
 * through a channel. When it is gone, the next holder continues from its own cursor.
 * @param {string} tab @param {() => Entry} entry @param {Take} take @returns {Link}
 */
export function openLeader(tab, entry, take) {
  const alive = liveAs(tab)
  const group = `parley ${BASE} ${entry().can.join()}`
  const channel = new BroadcastChannel(group)
  /** @type {string | null} */
  let leader = null
  /** @type {Link | null} */
  let own = null
  const ending = new AbortController()
  const say = (/** @type {object} */ message) => channel.postMessage({ from: tab, ...message })
  const enter = () => {
    say({ to: "leader", body: { enter: entry() } })
    void alive.then(() => say({ to: "leader", body: { watch: tab } }))
  }

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
  navigator.locks.request(group, { signal: ending.signal }, lead).catch(() => {}) // this tab left before it got the lock
  enter() // in case there is a leader already
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
 * Run the engine in this tab, for itself and for other tabs.
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
      if (body.watch) return watchTab(from, () => leave(from))
      const known = ports.get(from)
      if (known) return host.take(known, body)
      if (!body.enter) return // sent to an earlier leader; that tab has been told to enter here
      const port = { postMessage: (/** @type {any} */ message) => say({ to: from, body: message }) }
      ports.set(from, port)
      host.enter(port, body.enter.mood)
    },
  }
}

/**
 * Return a port within this tab: messages arrive asynchronously, as with any other port.
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
