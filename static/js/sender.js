// @ts-check
// Delivers the outbox in order, one message at a time, while there is a connection.

import { NoAnswer, Refusal } from "./api.js"
import * as outbox from "./outbox.js"
import { backoff_ms } from "./policy.js"
import { sleep } from "./sleep.js"
import { loadOutbox, saveOutbox } from "./storage.js"

/** @import { Reply } from "./api.js" */
/** @import { Connection } from "./connection.js" */
/** @import { Outbox } from "./outbox.js" */

export class Sender extends EventTarget {
  /** @type {Outbox} */
  #outbox
  /** The server is there, but can't store anything for now. */
  isStoreAway = false
  #isPumping = false
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #expiry
  #connection
  #user

  /** @param {Connection} connection @param {string} user */
  constructor(connection, user) {
    super()
    this.#connection = connection
    this.#user = user
    this.#outbox = outbox.expire(loadOutbox(user), Date.now())
    connection.addEventListener("statechange", () => void this.#pump())
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
    for (let failures = 0; this.#connection.isConnected; ) {
      const entry = outbox.next(this.#outbox)
      if (!entry) {
        this.#tell({ isStoreAway: false }) // what it did not acknowledge came all the same
        break
      }
      const { key, room, text } = entry
      try {
        const reply = await this.#connection.command({ type: "send", room, text, key })
        failures = 0
        await this.#settle(key, reply)
      } catch (error) {
        if (error instanceof Refusal) await this.#settle(key, error.reply)
        else if (error instanceof NoAnswer) await sleep(backoff_ms(failures++, Math.random()))
        else throw error
      }
    }
    this.#isPumping = false
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

/** Return a key that no two messages share. randomUUID is not there over plain HTTP. */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")
}
