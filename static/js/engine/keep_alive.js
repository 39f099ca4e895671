// @ts-check
// Keeps the active transport alive: attaches again beside one that is silent or would be cut soon.

import { silence_ms } from "./policy.js"

/** @import { Attempt } from "./attempt.js" */

const CHECK_EVERY_MS = 1000

export class KeepAlive {
  #attach
  /** @type {Attempt | null} */ #active = null
  /** @type {Attempt | null} */ #renewal = null // attached beside the active one, to take its place
  #isSuspicion = false // the active one is kept if it brings a push
  /** @type {ReturnType<typeof setInterval> | undefined} */ #checks
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer

  /** @param {(active: Attempt, why: string) => Attempt | null} attach attaches the same transport again */
  constructor(attach) {
    this.#attach = attach
  }

  /** Watch an attempt that has become active. @param {Attempt} active @param {number | null} renewal_ms the age at which to renew it */
  watch(active, renewal_ms) {
    this.stop()
    this.#active = active
    this.#checks = setInterval(() => this.check(), CHECK_EVERY_MS)
    if (renewal_ms === null || active.transport === "longpoll") return
    const left_ms = Math.max(0, renewal_ms - active.lived_ms)
    this.#timer = setTimeout(() => this.#renew("it would be cut soon"), left_ms)
  }

  stop() {
    clearInterval(this.#checks)
    clearTimeout(this.#timer)
    this.#active = this.#renewal = null
  }

  /**
   * Suspect the active attempt if it has been silent longer than `share` of the limit. After a computer
   * has slept, timers are late, so silence is only a suspicion.
   */
  check(share = 1) {
    if (this.#active && isSilent(this.#active, share)) this.suspect("it is silent")
  }

  /** Attach again beside an active attempt that may be dead. @param {string} why */
  suspect(why) {
    if (this.#renew(why)) this.#isSuspicion = true
  }

  /** Drop the suspicion: the active attempt has brought a push. */
  heard() {
    if (this.#isSuspicion) this.#renewal?.close()
  }

  /** End the active attempt if it is silent, as the attempt beside it has failed, too. */
  renewalFailed() {
    if (this.#active && isSilent(this.#active)) this.#active.end({ kind: "lost", detail: "the link fell silent" })
  }

  /** @param {string} why */
  #renew(why) {
    if (!this.#active || (this.#renewal && !this.#renewal.hasEnded)) return false
    this.#renewal = this.#attach(this.#active, why)
    this.#isSuspicion = false
    return true
  }
}

/** @param {Attempt} attempt @param {number} [share] of the limit */
function isSilent({ transport, heartbeat_s, hold_s, pause_s, silent_ms }, share = 1) {
  return silent_ms > share * silence_ms(transport, { heartbeat_s, hold_s, pause_s })
}
