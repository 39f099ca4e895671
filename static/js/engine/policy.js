// @ts-check
// Timeouts, waits, and which transport is better. Pure: measurements and chance are arguments.

/** @typedef {"websocket" | "sse" | "longpoll"} TransportName */

/** Best first: the fastest, with the least overhead, when all of them work. */
export const TRANSPORTS = /** @type {TransportName[]} */ (["websocket", "sse", "longpoll"])

const BACKOFF_BASE_MS = 1000
const BACKOFF_CAP_MS = 30_000 // a person who returns after a while should not wait longer
const UPGRADE_BASE_MS = 5000 // a network on which a transport has just failed seldom recovers at once
const UPGRADE_CAP_MS = 40_000 // plus the longest trial, below a minute: the best transport is back by then
const STAGGER_FIRST_MS = 150 // the first needs a socket of its own; RFC 8305 section 5 says 100–250
const STAGGER_NEXT_MS = 100 // RFC 8305 section 8: never sooner; these reuse a socket
const STAGGER_CAP_MS = 3000 // nobody should see an empty page for longer
const ROUND_TRIPS_FIRST = 4 // TCP, TLS, upgrade, and the ping's answer
const ROUND_TRIPS_NEXT = 2 // the request, and the ping's answer
const DEADLINE_FLOOR_MS = 2000 // with less, the delays of a busy phone would look like a dead network
const DEADLINE_CAP_MS = 15_000
const DEADLINE_ROUND_TRIPS = 8 // twice the number needed: one packet may be lost, too
const SILENCE_HEARTBEATS = 1.4 // one heartbeat may be late; two missing mean a dead connection
const POLL_MARGIN_MS = 5000 // time for the answer of a held poll to cross a slow network
const MIN_HEARTBEAT_MS = 5000 // the shortest that servers grant
const HEARTBEAT_SHARE = 0.6 // of the silence that ended a stream: it then survives one late heartbeat
const HOLD_SHARE = 0.8 // of the time after which a poll was cut
const RENEWAL_SHARE = 0.8 // of the age at which streams are cut: early enough to have the next one by then
const LIKE_AGE = 0.15 // two ages that differ by less were ended by the same rule of the network
export const POLL_CUT_STATUSES = [408, 502, 504] // a gateway gave up on a request held too long (RFC 9110 section 15)
export const STABLE_MS = 5000 // a transport that ends younger than this did not really work

/**
 * Return how long to wait before attempt number `round` (from 0): full jitter, so that clients
 * disconnected at the same moment do not all reconnect at the same moment.
 * @param {number} round @param {number} chance in [0, 1)
 */
export function backoff_ms(round, chance) {
  return Math.round(chance * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** round))
}

/**
 * Return the wait that an instance that drains has chosen for this client, as nothing has failed; null
 * if the transport ended in another way.
 * @param {{ code?: number, retry_ms?: number } | undefined} goodbye
 */
export function moved_ms(goodbye) {
  return goodbye?.code === 4000 ? (goodbye.retry_ms ?? null) : null
}

/** Return the wait before trying better transports beside this one. @param {number} tries that failed @param {number} chance in [0, 1) */
export function upgrade_ms(tries, chance) {
  return Math.round(chance * Math.min(UPGRADE_CAP_MS, UPGRADE_BASE_MS * 2 ** tries))
}

/** Return the wait before the next attempt of a race (as in RFC 8305). @param {number} started so far @param {number} rtt_ms */
export function stagger_ms(started, rtt_ms) {
  const [floor, trips] = started === 1 ? [STAGGER_FIRST_MS, ROUND_TRIPS_FIRST] : [STAGGER_NEXT_MS, ROUND_TRIPS_NEXT]
  return Math.round(Math.min(STAGGER_CAP_MS, Math.max(floor, trips * rtt_ms)))
}

/** Return how long a transport may take until it is proven. @param {number} rtt_ms */
export function deadline_ms(rtt_ms) {
  return Math.round(Math.min(DEADLINE_CAP_MS, Math.max(DEADLINE_FLOOR_MS, DEADLINE_ROUND_TRIPS * rtt_ms)))
}

/**
 * Return the silence after which a transport is suspected to be dead.
 * @param {TransportName} transport @param {{ heartbeat_s: number, hold_s: number, pause_s?: number }} terms pause_s: between polls
 */
export function silence_ms(transport, { heartbeat_s, hold_s, pause_s = 0 }) {
  if (transport === "longpoll") return 1000 * (hold_s + pause_s) + POLL_MARGIN_MS
  return 1000 * heartbeat_s * SILENCE_HEARTBEATS
}

/**
 * Return the heartbeat to ask for after a stream was cut, or null if a shorter one would not have
 * helped: no heartbeat is as short as that silence, or the stream had survived one as long.
 * @param {number} silent_ms how long it had been silent @param {number} longest_ms its longest silence before
 */
export function shorterHeartbeat_s(silent_ms, longest_ms) {
  if (silent_ms < MIN_HEARTBEAT_MS || silent_ms <= longest_ms) return null
  return Math.floor(Math.max(MIN_HEARTBEAT_MS, HEARTBEAT_SHARE * silent_ms) / 1000)
}

/** Return the hold to ask for after a poll was cut, or null if that was too early for the hold to be the cause. @param {number} lived_ms */
export function shorterHold_s(lived_ms) {
  return lived_ms < 1000 ? null : Math.max(1, Math.floor((HOLD_SHARE * lived_ms) / 1000))
}

/** Return the hold to ask for after a full one, as the cut may have been chance. @param {number} hold_s @param {number} longest_s */
export function longerHold_s(hold_s, longest_s) {
  return Math.min(longest_s, hold_s + 1)
}

/** Return the age at which to renew a stream, if the last two were cut at a like age. @param {number | null} last_ms @param {number} lived_ms */
export function renewal_ms(last_ms, lived_ms) {
  if (last_ms === null || Math.min(last_ms, lived_ms) < STABLE_MS) return null
  if (Math.abs(last_ms - lived_ms) > LIKE_AGE * Math.max(last_ms, lived_ms)) return null
  return RENEWAL_SHARE * Math.min(last_ms, lived_ms)
}

/** Return whether `one` is better than `other` when both work. @param {TransportName} one @param {TransportName} other */
export function isBetter(one, other) {
  return TRANSPORTS.indexOf(one) < TRANSPORTS.indexOf(other)
}

/**
 * Return whether a goodbye code allows reconnecting: 4000–4499 do, 4500–4999 do not. Other codes
 * are not the server's own (RFC 6455 section 7.4) and do not forbid it.
 * @param {number | undefined} code
 */
export function isComeBack(code) {
  return code === undefined || code < 4500 || code > 4999
}

/** Return the transports named in a page's query (?transports=sse,longpoll, for tests and diagnosis), or else all. @param {string} search */
export function transportsAllowed(search) {
  const named = new URLSearchParams(search).get("transports")?.split(",")
  const allowed = TRANSPORTS.filter((name) => !named || named.includes(name))
  return allowed.length > 0 ? allowed : TRANSPORTS
}
