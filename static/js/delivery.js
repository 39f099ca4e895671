// @ts-check
// The state of delivery, for all views: the connection, the server's store, the outbox.

import { barOf, connectionOf, GRACE_MS } from "./delivery_words.js"

/** @import { Connection } from "./delivery_words.js" */
/** @import { Parley } from "./parley.js" */
/** @import { Sender } from "./sender.js" */

export class Delivery extends EventTarget {
  /** @type {Connection} */ connection = "connecting"
  #parley
  #sender
  #lostAt_ms = Date.now()
  #isFirst = true // there was no connection yet
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #grace

  /** @param {Parley} parley @param {Sender} sender */
  constructor(parley, sender) {
    super()
    this.#parley = parley
    this.#sender = sender
    parley.on("status", () => this.#update())
    sender.addEventListener("storechange", () => this.#changed())
    this.#update()
  }

  /** Whether the page shows the current state. */
  get isLive() {
    return this.connection === "connected" || this.connection === "connecting"
  }

  /** Return when a room takes this user's next message; 0: now. @param {string} room */
  closedUntil_ms(room) {
    return this.#sender.closedUntil_ms(room)
  }

  get isStoreAway() {
    return this.#sender.isStoreAway
  }

  /** Return the content of the bar in a room. @param {string} room */
  barIn(room) {
    const { isKept } = this.#sender
    const entries = this.#sender.entries.filter((entry) => entry.state !== "waiting" || this.closedUntil_ms(entry.room) === 0 || this.connection !== "connected")
    return barOf(this, this.#parley.status, { entries, isKept, room }, Date.now())
  }

  #update() {
    const { status } = this.#parley
    if (this.connection === "connected" && status.state !== "connected") this.#lostAt_ms = Date.now()
    if (status.state === "connected") this.#isFirst = false
    this.connection = connectionOf(status, Date.now() - this.#lostAt_ms, this.#isFirst)
    clearTimeout(this.#grace)
    if (this.connection === "connecting") this.#grace = setTimeout(() => this.#update(), GRACE_MS)
    this.#changed()
  }

  #changed() {
    this.dispatchEvent(new Event("change"))
  }
}
