// @ts-check
// Runs the engine in a tab: for that tab alone, or for other tabs as well.

import { SCRIPTS } from "../engine/base.js"
import { Host } from "./host.js"
import { holdLock } from "./liveness.js"

/** @import { Port } from "./host.js" */
/** @import { Entry, Link, Receive } from "./connect.js" */

/** @param {() => Entry} entry @param {Receive} receive @returns {Link} */
export function openOwn(entry, receive) {
  return openHost(entry, receive, () => {})
}

/**
 * Open a link to the leader's engine. The leader is the tab that holds a lock; the others talk to it
 * through a channel. When it is gone, the next holder continues from its own cursor.
 * @param {string} tab @param {() => Entry} entry @param {Receive} receive @returns {Link}
 */
export function openLeader(tab, entry, receive) {
  const isLocked = holdLock(tab)
  // Tabs of one server and version share a leader.
  const group = `parley ${SCRIPTS} ${entry().can.join()}`
  const channel = new BroadcastChannel(group)
  /** @type {string | null} */ let leader = null
  /** @type {Link | null} */ let own = null
  const ending = new AbortController()
  const post = (/** @type {object} */ message) => channel.postMessage({ from: tab, ...message })
  const enter = () => {
    post({ to: "leader", body: { enter: entry() } })
    void isLocked.then(() => post({ to: "leader", body: { watch: tab } }))
  }

  channel.onmessage = ({ data: { from, to, body } }) => {
    if (to === tab && !own) receive(body)
    else if (to === "all" && !own) {
      if (leader !== null && leader !== from) receive({ lost: true })
      leader = from
      enter()
    }
  }
  const lead = () => {
    if (leader !== null) receive({ lost: true })
    const led = openHost(entry, receive, post)
    own = led
    channel.onmessage = ({ data: { from, to, body } }) => to === "leader" && led.handle(from, body)
    post({ to: "all" })
    return new Promise((/** @type {(value: void) => void} */ resolve) => ending.signal.addEventListener("abort", () => resolve()))
  }
  navigator.locks.request(group, { signal: ending.signal }, lead).catch(() => {}) // this tab left before it got the lock
  enter() // in case there is a leader already
  return {
    send: (message) => (own ? own.send(message) : post({ to: "leader", body: message })),
    close() {
      if (own) own.close()
      else post({ to: "leader", body: { action: "leave" } })
      ending.abort()
      channel.close()
    },
  }
}

/**
 * Run the engine in this tab, for itself and for other tabs.
 * @param {() => Entry} entry @param {Receive} receive @param {(message: object) => void} post to other tabs
 */
function openHost(entry, receive, post) {
  let isOpen = true
  // Messages arrive asynchronously, as through any other port.
  const later = (/** @type {() => void} */ work) => queueMicrotask(() => isOpen && work())
  const ownPort = { postMessage: (/** @type {any} */ message) => later(() => receive(message)) }
  const host = new Host(entry())
  later(() => host.enter(ownPort, entry().state))
  /** @type {Map<string, Port>} */ const ports = new Map() // of the other tabs
  return {
    send: (/** @type {any} */ message) => later(() => host.handle(ownPort, message)),
    close() {
      isOpen = false
      host.leave(ownPort)
    },
    /** @param {string} from @param {any} body */
    handle(from, body) {
      const port = ports.get(from) ?? { postMessage: (/** @type {any} */ message) => post({ to: from, body: message }) }
      ports.set(from, port)
      host.handle(port, body)
    },
  }
}
