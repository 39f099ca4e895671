// @ts-check
// Delivers the outbox in order, one message at a time, while there is a connection.

import * as outbox from "./outbox.js"
import { newKey, NoAnswer, Refusal } from "./parley.js"
import { sleep } from "./engine/sleep.js"
import { loadOutbox, saveOutbox } from "./storage.js"

/** @import { Reply } from "./engine/http.js" */
/** @import { Outbox } from "./outbox.js" */
/** @import { Parley } from "./parley.js" */

export class Sender extends EventTarget {
  /** @type {Outbox} */
  #outbox
  /** The server is there, but can't store anything for now. */
  isStoreAway = false
  #isPumping = false
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #expiry
  #parley
  #user

  /** @param {Parley} parley @param {string} user */
  constructor(parley, user) {
    super()
    this.#parley = parley
    this.#user = user
    this.#outbox = outbox.expire(loadOutbox(user), Date.now())
    parley.on("status", () => void this.#pump())
    this.#expireLater()
  }

  /** @param {string} room */
  entriesOf(room) {
    return this.#outbox.filter((entry) => entry.room === room)
  }

  /** @param {string} room @param {string} text */
  send(room, text) {
    this.#become(outbox.queue(this.#outbox, { key: newKey(), room, text }, Date.now()))
  }

  /** @param {string} key */
  retry(key) {
    this.#become(outbox.retry(this.#outbox, key, Date.now()))
  }

  /** @param {string} key it was deleted by its author, or has arrived as a message */
  remove(key) {
    this.#become(outbox.without(this.#outbox, key))
  }

  /** Drop all that waits: its author has signed out. */
  forget() {
    this.#become([])
  }

  /** @param {Outbox} next */
  #become(next) {
    if (next === this.#outbox) return
    this.#outbox = next
    saveOutbox(this.#user, next)
    this.dispatchEvent(new Event("change"))
    this.#expireLater()
    void this.#pump()
  }

  async #pump() {
    if (this.#isPumping) return
    this.#isPumping = true
    while (this.#parley.state === "connected") {
      const entry = outbox.next(this.#outbox)
      if (!entry) {
        this.#tell({ isStoreAway: false }) // what it did not acknowledge came all the same
        break
      }
      const { key, room, text } = entry
      try {
        await this.#settle(key, await this.#parley.send({ type: "send", room, text, key }, { signal: this.#goingOn(key) }))
      } catch (error) {
        if (error instanceof Refusal) await this.#settle(key, error.reply)
        else if (!(error instanceof NoAnswer)) throw error
      }
    }
    this.#isPumping = false
  }

  /** Return what says that an entry is not to be sent any more. @param {string} key */
  #goingOn(key) {
    const giving = new AbortController()
    const look = () => outbox.next(this.#outbox)?.key === key || giving.abort()
    this.addEventListener("change", look, { signal: giving.signal })
    return giving.signal
  }

  /** @param {string} key @param {Reply} reply */
  async #settle(key, reply) {
    const { outbox: next, wait_ms } = outbox.answered(this.#outbox, key, reply, Date.now())
    this.#tell({ isStoreAway: reply.code === "unavailable" })
    this.#become(next)
    if (wait_ms > 0) await sleep(wait_ms)
  }

  /** @param {{ isStoreAway: boolean }} news */
  #tell({ isStoreAway }) {
    if (isStoreAway === this.isStoreAway) return
    this.isStoreAway = isStoreAway
    this.dispatchEvent(new Event("storechange"))
  }

  #expireLater() {
    clearTimeout(this.#expiry)
    const at_ms = outbox.nextExpiry_ms(this.#outbox)
    if (at_ms === null) return
    const left_ms = Math.max(0, at_ms - Date.now())
    this.#expiry = setTimeout(() => this.#become(outbox.expire(this.#outbox, Date.now())), left_ms)
  }
}
