// @ts-check
// Runs the one engine of a browser and serves its tabs, each through a port.

import { NoAnswer, Refusal } from "../engine/http.js"
import { Engine } from "../engine/engine.js"

/** @import { Command, Terms } from "../engine/http.js" */
/** @import { TransportName } from "../engine/policy.js" */
/** @import { Push } from "../transports/transport.js" */

/** @typedef {{ isHidden: boolean, isFrugal: boolean }} Mood isFrugal: the device is a phone, or set to save data */
/** @typedef {{ postMessage: (message: any) => void }} Port the part of a MessagePort that is used */
/**
 * @typedef {object} Tab
 * @property {Port} port
 * @property {Mood} mood
 * @property {number} seenAt_ms when it was last visible
 */

const SPARE_AFTER_MS = 60_000 // a user who only looks something up elsewhere is back by then

export class Host {
  /** @type {Map<Port, Tab>} */
  #tabs = new Map()
  #engine
  /** @type {Map<string, Push>} the last one by room, for tabs that enter later */
  #presence = new Map()
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #lowPower

  /** @param {{ can: TransportName[], cursor: string, memory: unknown, terms?: Terms, rtt_ms: number }} options of the first tab */
  constructor(options) {
    const engine = (this.#engine = new Engine(options))
    engine.addEventListener("push", (event) => this.#push(/** @type {CustomEvent} */ (event).detail))
    engine.addEventListener("statechange", () => this.#tellAll({ status: engine.status }))
    engine.addEventListener("historychange", () => this.#tellAll({ history: engine.history }))
    engine.addEventListener("memorychange", () => this.#tellAll({ memory: engine.memory }))
  }

  /** @param {Port} port @param {Mood} mood */
  enter(port, mood) {
    this.#tabs.set(port, { port, mood, seenAt_ms: mood.isHidden ? 0 : Date.now() })
    this.#engine.start()
    const { status, history, positions } = this.#engine
    port.postMessage({ status, history, cursor: positions.cursor, user: positions.user })
    for (const push of this.#presence.values()) port.postMessage({ push })
    this.#weigh()
  }

  /** Remove a tab; return whether it was the last. @param {Port} port */
  leave(port) {
    this.#tabs.delete(port)
    const wasLast = this.#tabs.size === 0
    if (wasLast) this.#engine.close()
    else this.#weigh()
    return wasLast
  }

  /**
   * Handle a message from a tab.
   * @param {Port} port @param {any} message
   */
  take(port, message) {
    if (!this.#tabs.has(port)) return
    if (message.command) void this.#command(port, message.command, message.id)
    if (message.mood) this.#feel(port, message.mood)
    if (message.please === "tryNow") this.#engine.tryNow()
    if (message.please === "networkChanged") this.#engine.networkChanged()
    if (message.please === "goOffline") this.#engine.goOffline()
    if (message.please === "reattach") this.#engine.reattach(message.reason)
    if (message.please === "hangUp") this.#engine.hangUp(message.code, message.reason)
  }

  /** @param {Port} port @param {Command} command @param {number} id */
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
    const caller = push.type === "notification" ? this.#lastSeen() : null
    for (const tab of this.#tabs.values()) tab.port.postMessage({ push, isCaller: tab === caller })
  }

  /** Return the visible tab, or the last visible one: only one tab shows a notification. */
  #lastSeen() {
    const rank = (/** @type {Tab} */ tab) => (tab.mood.isHidden ? tab.seenAt_ms : Infinity)
    return [...this.#tabs.values()].reduce((best, tab) => (rank(tab) > rank(best) ? tab : best))
  }

  /** @param {Port} port @param {Mood} mood */
  #feel(port, mood) {
    const tab = /** @type {Tab} */ (this.#tabs.get(port))
    if (!mood.isHidden || !tab.mood.isHidden) tab.seenAt_ms = Date.now()
    const isBack = tab.mood.isHidden && !mood.isHidden
    tab.mood = mood
    this.#weigh()
    if (isBack && this.#engine.status.state !== "closed") this.#engine.tryNow()
  }

  /** Schedule low power if all tabs are hidden and the device should save power or data; else leave it. */
  #weigh() {
    clearTimeout(this.#lowPower)
    const tabs = [...this.#tabs.values()]
    if (tabs.every(({ mood }) => mood.isHidden && mood.isFrugal)) {
      this.#lowPower = setTimeout(() => this.#engine.setLowPower(true), SPARE_AFTER_MS)
    } else this.#engine.setLowPower(false)
  }

  /** @param {object} message */
  #tellAll(message) {
    for (const { port } of this.#tabs.values()) port.postMessage(message)
  }
}
