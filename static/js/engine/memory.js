// @ts-check
// The memory of a network: which transports failed on it, which died young, and how long it lets a
// connection be idle or live. Pure: every function returns a new memory, which is plain data and can
// be stored. Nothing in it is trusted for ever: entries expire, and transports are tried again.

import { STABLE_MS, trial_ms } from "./policy.js"

/** @import { TransportName } from "./policy.js" */

/**
 * @typedef {object} Failure
 * @property {string} reason for the server's statistics and for people
 * @property {number} after_ms its age when it failed
 * @property {number} at_ms when it failed
 * @property {number} [lived_ms] its age when it died after being proven: it is in quarantine
 */
/** @typedef {{ lived_ms: number, idle_ms: number }} Cut the age of a connection when it ended, and how long it had been silent */
/**
 * @typedef {object} Memory
 * @property {string} network the server's name for it, "" while unknown
 * @property {Partial<Record<TransportName, Failure>>} failures
 * @property {Cut | null} lastCut of a connection that had worked for a while
 * @property {number | null} idle_ms the silence after which the network cuts a connection
 * @property {number | null} life_ms the age at which the network cuts any connection
 * @property {number} at_ms when it was last written
 */

export const KEPT_MS = 30 * 60_000 // networks recover, and people move to other networks
const CUT_LIKE = 0.25 // two silences that differ by less were ended by the same rule of the network
const LIFE_LIKE = 0.15 // the same for two ages; narrower, as ages are longer
const IDLE_WORTH_MS = 4000 // a shorter silence is only a pause between two messages
const BELOW_LIMIT = 0.6 // the connection survives one late heartbeat
export const RENEW_AT = 0.8 // fraction of life_ms: early enough to have the next connection before this one is cut

/** @returns {Memory} */
export function newMemory() {
  return { network: "", failures: {}, lastCut: null, idle_ms: null, life_ms: null, at_ms: 0 }
}

/**
 * Return the stored memory, or a new one if it has expired.
 * @param {unknown} kept @param {number} now_ms @returns {Memory}
 */
export function recall(kept, now_ms) {
  const memory = /** @type {Memory | null} */ (kept)
  if (typeof memory?.at_ms !== "number" || now_ms - memory.at_ms > KEPT_MS) return newMemory()
  return { ...newMemory(), ...memory }
}

/**
 * Return the memory of `network`: this one if it is of that network or of an unknown one, else a new one.
 * @param {Memory} memory @param {string} network
 */
export function onNetwork(memory, network) {
  if (memory.network === network) return memory
  return { ...(memory.network === "" ? memory : newMemory()), network }
}

/**
 * Note that an attempt failed before it was proven.
 * @param {Memory} memory @param {TransportName} transport
 * @param {{ reason: string, after_ms: number, at_ms: number }} failure
 */
export function failed(memory, transport, failure) {
  const lived_ms = memory.failures[transport]?.lived_ms
  return withFailure(memory, transport, lived_ms === undefined ? failure : { ...failure, lived_ms })
}

/**
 * Note that a proven transport ended by itself. It goes into quarantine if it died young, or if it
 * was still in quarantine.
 * @param {Memory} memory @param {TransportName} transport
 * @param {Cut} cut @param {number} at_ms @returns {Memory}
 */
export function died(memory, transport, cut, at_ms) {
  const { lived_ms } = cut
  if (lived_ms < STABLE_MS || memory.failures[transport]?.lived_ms !== undefined) {
    const reason = `died: it ended by itself after ${(lived_ms / 1000).toFixed(1)} s`
    return withFailure(memory, transport, { reason, after_ms: Math.round(lived_ms), at_ms, lived_ms })
  }
  const last = memory.lastCut
  const next = { ...memory, lastCut: cut, at_ms }
  if (last && isLike(last.idle_ms, cut.idle_ms, CUT_LIKE) && cut.idle_ms >= IDLE_WORTH_MS) {
    return { ...next, idle_ms: Math.min(last.idle_ms, cut.idle_ms) }
  }
  if (last && isLike(last.lived_ms, lived_ms, LIFE_LIKE)) {
    return { ...next, life_ms: Math.min(last.lived_ms, lived_ms) }
  }
  return next
}

/**
 * Note that a transport was proven. One in quarantine stays there until it has settled.
 * @param {Memory} memory @param {TransportName} transport
 */
export function proven(memory, transport) {
  return memory.failures[transport]?.lived_ms === undefined ? settled(memory, transport) : memory
}

/**
 * Note that a transport has worked for long enough to forget its failures.
 * @param {Memory} memory @param {TransportName} transport
 */
export function settled(memory, transport) {
  if (!memory.failures[transport]) return memory
  const { [transport]: _, ...failures } = memory.failures
  return { ...memory, failures }
}

/**
 * Return the failures that are recent enough to report to the server.
 * @param {Memory} memory @param {number} now_ms
 */
export function recentFailures(memory, now_ms) {
  return Object.entries(memory.failures)
    .filter(([, { at_ms }]) => now_ms - at_ms < KEPT_MS)
    .map(([transport, { reason, after_ms }]) => ({ transport, reason, after_ms }))
}

/**
 * Return how long a transport must live on trial before it may take over, or 0 if it needs no trial.
 * @param {Memory} memory @param {TransportName} transport
 */
export function trialOf_ms(memory, transport) {
  const lived_ms = memory.failures[transport]?.lived_ms
  return lived_ms === undefined ? 0 : trial_ms(lived_ms)
}

/**
 * Return the longest silence that this network allows, in whole seconds, at most `usual_s`.
 * @param {Memory} memory @param {number} usual_s
 */
export function quiet_s({ idle_ms }, usual_s) {
  return idle_ms === null ? usual_s : Math.max(1, Math.min(usual_s, Math.floor((idle_ms * BELOW_LIMIT) / 1000)))
}

/** @param {Memory} memory @param {TransportName} transport @param {Failure} failure @returns {Memory} */
function withFailure(memory, transport, failure) {
  return { ...memory, failures: { ...memory.failures, [transport]: failure }, at_ms: failure.at_ms }
}

/** @param {number} one @param {number} other @param {number} tolerance */
function isLike(one, other, tolerance) {
  return Math.abs(one - other) <= tolerance * Math.max(one, other)
}
