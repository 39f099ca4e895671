// @ts-check
// The memory of a network: which transports failed on it, which of them not to trust, and what it
// does to connections that are idle or old. Pure: the time is an argument. All fields are plain data,
// so that it can be stored. Nothing in it is trusted for ever: it expires, and transports are tried again.

import { renewal_ms, shorterHeartbeat_s } from "./policy.js"
import { Quarantine } from "./quarantine.js"

/** @import { Attempt, AttemptEnd, Kind } from "./attempt.js" */
/** @import { TransportName } from "./policy.js" */

/** @typedef {{ reason: string, after_ms: number, at_ms: number }} Failure why, at which age, and when */
/** @typedef {{ heartbeat_s: number | null, hold_s: number | null }} Limits what the network tolerates; null: no limit is known */

export const KEPT_MS = 30 * 60_000 // networks recover, and people move to other networks
/** @type {Kind[]} */ const FAILURES = ["refused", "silent", "unanswered"]

export class Memory {
  network = "" // the server's name for it; empty while unknown
  quarantine = new Quarantine()
  /** @type {Limits} */ limits = { heartbeat_s: null, hold_s: null } // learned by the transports, too
  /** @type {number | null} */ renewal_ms = null // the age at which to renew a stream, before the network cuts it
  /** @type {Partial<Record<TransportName, Failure>>} */ failures = {}
  /** @type {number | null} */ lastLived_ms = null // the age at which the last stream was cut
  /** @type {TransportName | null} */ blamed = null // the one that died last, if none has been proven since
  at_ms = 0 // when it last learned something

  /** Forget everything: the client is on another network. */
  forget() {
    Object.assign(this, new Memory())
  }

  /** Take the server's name for the network; forget all, and return true, if it is another one. @param {string} network */
  arrive(network) {
    const isOther = this.network !== "" && network !== this.network
    if (isOther) this.forget()
    this.network = network
    return isOther
  }

  /** Note that a transport was proven: it does not fail now. @param {TransportName} transport */
  proven(transport) {
    delete this.failures[transport]
    this.blamed = null
  }

  /** Note that the server or the whole network is down, so that no transport is to blame. */
  unreachable() {
    this.failures = {}
    if (this.blamed === null) return
    this.quarantine.forget(this.blamed)
    this.blamed = this.lastLived_ms = null
  }

  /**
   * Learn from an attempt that was not closed by this client.
   * @param {Pick<Attempt, "transport" | "age_ms" | "lived_ms" | "silent_ms" | "longestSilence_ms">} attempt
   * @param {AttemptEnd} end @param {number} now_ms
   */
  ended(attempt, { kind, detail, goodbye }, now_ms) {
    const { transport, age_ms } = attempt
    this.at_ms = now_ms
    if (kind === "died") this.#died(attempt)
    const isFailure = FAILURES.includes(kind) || (kind === "died" && this.quarantine.isQuarantined(transport))
    if (!isFailure && !goodbye?.advice) return
    const reason = `${goodbye?.advice ? "moved" : kind}: ${detail}`
    this.failures[transport] = { reason, after_ms: Math.round(age_ms), at_ms: now_ms }
  }

  /** @param {Pick<Attempt, "transport" | "lived_ms" | "silent_ms" | "longestSilence_ms">} attempt */
  #died({ transport, lived_ms, silent_ms, longestSilence_ms }) {
    this.blamed = transport
    let renewalAt_ms = null
    if (transport !== "longpoll") {
      const heartbeat_s = shorterHeartbeat_s(silent_ms, longestSilence_ms)
      if (heartbeat_s !== null) this.limits.heartbeat_s = Math.min(heartbeat_s, this.limits.heartbeat_s ?? Infinity)
      renewalAt_ms = renewal_ms(this.lastLived_ms, lived_ms)
      this.lastLived_ms = lived_ms
    }
    if (renewalAt_ms === null) return this.quarantine.ended(transport, lived_ms)
    this.renewal_ms = renewalAt_ms // so the next end is avoided, and this one is no reason for distrust
    this.quarantine.forget(transport)
  }

  /** Return the failures that are recent enough to report to the server. @param {number} now_ms */
  recentFailures(now_ms) {
    return Object.entries(this.failures)
      .filter(([, { at_ms }]) => now_ms - at_ms < KEPT_MS)
      .map(([transport, { reason, after_ms }]) => ({ transport, reason, after_ms }))
  }
}

/** Return the stored memory, or a new one if it has expired. @param {any} stored @param {number} now_ms */
export function recall(stored, now_ms) {
  const memory = new Memory()
  if (typeof stored?.at_ms !== "number" || now_ms - stored.at_ms > KEPT_MS) return memory
  return Object.assign(memory, stored, { quarantine: Object.assign(memory.quarantine, stored.quarantine) })
}
