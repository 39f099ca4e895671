// @ts-check
// A race of transports: the next one starts when the last one is slow or has failed (as in RFC 8305).

import { stagger_ms } from "./policy.js"

/** @import { Attempt } from "./attempt.js" */
/** @import { Offer } from "./http.js" */

export class Race {
  #waiting
  #lastResorts
  #rtt_ms
  #start
  #started = 0
  /** @type {Set<Attempt>} */ #running = new Set()
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer

  /**
   * @param {readonly Offer[]} offers in the order in which to try them
   * @param {{ lastResorts: readonly Offer[], rtt_ms: number, start: (offer: Offer) => Attempt }} how
   *   lastResorts: those to try, one by one, when all others have failed
   */
  constructor(offers, { lastResorts, rtt_ms, start }) {
    this.#waiting = [...offers]
    this.#lastResorts = [...lastResorts]
    this.#rtt_ms = rtt_ms
    this.#start = start
  }

  /** Whether no attempt is running and none is left to start. */
  get isOver() {
    return this.#running.size + this.#waiting.length + this.#lastResorts.length === 0
  }

  /** Start the next attempt now, and schedule the one after it. */
  next() {
    clearTimeout(this.#timer)
    if (this.#waiting.length + this.#running.size === 0) this.#waiting = this.#lastResorts.splice(0, 1)
    const offer = this.#waiting.shift()
    if (!offer) return
    this.#started++
    this.#running.add(this.#start(offer))
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.next(), stagger_ms(this.#started, this.#rtt_ms))
  }

  /** Remove an attempt that has ended or is active; return whether it was running in this race. @param {Attempt} attempt */
  drop(attempt) {
    return this.#running.delete(attempt)
  }

  /** Start no more attempts; running ones continue. */
  stop() {
    clearTimeout(this.#timer)
    this.#waiting = []
    this.#lastResorts = []
  }
}
