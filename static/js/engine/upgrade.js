// @ts-check
// Schedules attempts with better transports beside the active one, at growing intervals.

import { upgrade_ms } from "./policy.js"

export class Upgrade {
  tries = 0 // how often in a row they have failed
  #start
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer

  /** @param {() => void} start tries the better transports */
  constructor(start) {
    this.#start = start
  }

  /** @param {number} [wait_ms] */
  plan(wait_ms = upgrade_ms(this.tries, Math.random())) {
    this.stop()
    this.#timer = setTimeout(this.#start, wait_ms)
  }

  stop() {
    clearTimeout(this.#timer)
  }
}
