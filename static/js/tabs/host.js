// @ts-check
// Runs the one engine of a browser and serves its tabs, each through a port.

import { NoAnswer, Refusal } from "../engine/http.js"
import { Engine } from "../engine/engine.js"
import { watchTab } from "./liveness.js"

/** @import { Command, Terms } from "../engine/http.js" */
/** @import { TransportName } from "../engine/policy.js" */
/** @import { Push } from "../transports/transport.js" */

/** @typedef {{ isHidden: boolean, isSaving: boolean }} TabState isSaving: the device is a phone, or set to save data */
/** @typedef {{ postMessage: (message: any) => void }} Port the part of a MessagePort that is used */
/** @typedef {{ port: Port, state: TabState, seenAt_ms: number }} Tab seenAt_ms: when it was last visible */

const ACTIONS = new Set(["tryNow", "networkChanged", "goOffline", "reattach", "close"]) // of the engine
const LOW_POWER_AFTER_MS = 60_000 // a user who only looks something up elsewhere is back by then

export class Host {
  /** @type {Map<Port, Tab>} */ #tabs = new Map()
  #engine
  #onEmpty
  /** @type {Map<string, Push>} */ #presence = new Map() // the last one by room, for tabs that enter later
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #lowPower

  /**
   * @param {{ can: TransportName[], cursor: string, user?: string, memory: unknown, terms?: Terms, rtt_ms: number }} options of the first tab
   * @param {() => void} [onEmpty] called when the last tab has left
   */
  constructor(options, onEmpty = () => {}) {
    this.#onEmpty = onEmpty
    const engine = (this.#engine = new Engine(options))
    engine.addEventListener("push", (event) => this.#push(/** @type {CustomEvent} */ (event).detail))
    engine.addEventListener("statechange", () => this.#sendAll({ status: engine.status }))
    // What is known of the network changes with the attempts.
    engine.addEventListener("historychange", () => this.#sendAll({ history: engine.history.entries, memory: engine.memory }))
  }

  /** @param {Port} port @param {TabState} state */
  enter(port, state) {
    this.#tabs.set(port, { port, state, seenAt_ms: state.isHidden ? 0 : Date.now() })
    this.#engine.start()
    const { status, history, positions } = this.#engine
    port.postMessage({ status, history: history.entries, cursor: positions.cursor, user: positions.user })
    for (const push of this.#presence.values()) port.postMessage({ push })
    this.#planLowPower()
  }

  /** Remove a tab. @param {Port} port */
  leave(port) {
    if (!this.#tabs.delete(port)) return
    if (this.#tabs.size > 0) return this.#planLowPower()
    this.#engine.close()
    this.#onEmpty()
  }

  /** Handle a message from a tab. @param {Port} port @param {any} message */
  handle(port, message) {
    if (message.enter) this.enter(port, message.enter.state)
    if (!this.#tabs.has(port)) return // it entered an earlier host, and has been told to enter this one
    if (message.watch) watchTab(message.watch, () => this.leave(port))
    if (message.action === "leave") this.leave(port)
    if (message.command) void this.#command(port, message.command, message.id)
    if (message.state) this.#update(port, message.state)
    if (ACTIONS.has(message.action)) /** @type {any} */ (this.#engine)[message.action](...message.args)
  }

  /** @param {Port} port @param {Command} command @param {string} id */
  async #command(port, command, id) {
    try {
      port.postMessage({ reply: await this.#engine.command(command), id })
    } catch (error) {
      // Errors lose their class on the way to another thread.
      if (error instanceof Refusal) port.postMessage({ reply: error.reply, id })
      else if (error instanceof NoAnswer) port.postMessage({ noAnswer: error.message, id })
      else throw error
    }
  }

  /** @param {Push} push */
  #push(push) {
    if (push.type === "presence") this.#presence.set(push.room, push)
    const notifier = push.type === "notification" ? this.#lastSeen() : null
    for (const tab of this.#tabs.values()) tab.port.postMessage({ push, isNotifier: tab === notifier })
  }

  /** Return the visible tab, or the last visible one: only one tab shows a notification. */
  #lastSeen() {
    const rank = (/** @type {Tab} */ tab) => (tab.state.isHidden ? tab.seenAt_ms : Infinity)
    return [...this.#tabs.values()].reduce((best, tab) => (rank(tab) > rank(best) ? tab : best))
  }

  /** @param {Port} port @param {TabState} state */
  #update(port, state) {
    const tab = /** @type {Tab} */ (this.#tabs.get(port))
    if (!state.isHidden || !tab.state.isHidden) tab.seenAt_ms = Date.now()
    const isBack = tab.state.isHidden && !state.isHidden
    tab.state = state
    this.#planLowPower()
    if (isBack && this.#engine.status.state !== "closed") this.#engine.tryNow()
  }

  /** Schedule low power if all tabs are hidden and the device should save power or data; else leave it. */
  #planLowPower() {
    clearTimeout(this.#lowPower)
    const tabs = [...this.#tabs.values()]
    if (tabs.every(({ state }) => state.isHidden && state.isSaving)) {
      this.#lowPower = setTimeout(() => this.#engine.setLowPower(true), LOW_POWER_AFTER_MS)
    } else this.#engine.setLowPower(false)
  }

  /** @param {object} message */
  #sendAll(message) {
    for (const { port } of this.#tabs.values()) port.postMessage(message)
  }
}
