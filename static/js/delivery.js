// @ts-check
// The state of delivery, for all views: the connection, the server's store, the outbox.

import { GRACE_MS, wayOf } from "./connection.js"
import { barOf } from "./delivering.js"

/** @import { Way } from "./connection.js" */
/** @import { Parley } from "./parley.js" */
/** @import { Sender } from "./sender.js" */

export class Delivery extends EventTarget {
  /** @type {Way} */
  way = "connecting"
  #parley
  #sender
  #lostAt_ms = Date.now()
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #grace

  /** @param {Parley} parley @param {Sender} sender */
  constructor(parley, sender) {
    super()
    this.#parley = parley
    this.#sender = sender
    parley.on("status", () => this.#look())
    sender.addEventListener("storechange", () => this.#changed())
    this.#look()
  }

  /** Whether the page shows the current state. */
  get isLive() {
    return this.way === "connected" || this.way === "connecting"
  }

  get isStoreAway() {
    return this.#sender.isStoreAway
  }

  /** Return the content of the bar in a room. @param {string} room */
  barIn(room) {
    const { entries, isKept } = this.#sender
    return barOf(this, this.#parley.status, { entries, isKept, room }, Date.now())
  }

  #look() {
    const { status } = this.#parley
    if (this.way === "connected" && status.state !== "connected") this.#lostAt_ms = Date.now()
    this.way = wayOf(status, Date.now() - this.#lostAt_ms)
    clearTimeout(this.#grace)
    if (this.way === "connecting") this.#grace = setTimeout(() => this.#look(), GRACE_MS)
    this.#changed()
  }

  #changed() {
    this.dispatchEvent(new Event("change"))
  }
}
