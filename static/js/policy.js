// @ts-check
// How long to wait for what. Pure: measurements and chance come in as arguments.

/** @typedef {"websocket" | "sse" | "longpoll"} TransportName */
/** @typedef {{ reason: string, after_ms: number, at_ms: number }} Failure */

/** In the order in which the page likes them; the server ranks them anew for each network. */
export const TRANSPORTS = /** @type {TransportName[]} */ (["websocket", "sse", "longpoll"])

const BACKOFF_BASE_MS = 1000
const BACKOFF_CAP_MS = 30_000 // a person who looks again after a while should not wait longer
const DEADLINE_FLOOR_MS = 1000 // below, a busy phone's own delays look like a dead network
const DEADLINE_CAP_MS = 15_000
const ROUND_TRIPS_TO_HELLO = 4 // TCP, TLS, upgrade, and one to spare
const SILENCE_FACTOR = 1.5 // one heartbeat may be late; two missing mean a dead link
const POLL_MARGIN_S = 10 // for the answer of a held poll to get through a slow network
const FAILURE_MEMORY_MS = 5 * 60_000 // networks heal: then the better transport gets its chance
export const STABLE_MS = 5000 // what ends younger than this perhaps did not really work
const EARLY_ENDS = 2 // one may be the server's restart; two are the way's doing

/**
 * Return how long to wait before attempt number `round` (from 0): full jitter, so that
 * everybody thrown out at one moment does not come back at one moment.
 * @param {number} round
 * @param {number} chance in [0, 1)
 */
export function backoff_ms(round, chance) {
  return Math.round(chance * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** round))
}

/**
 * Return how long a transport may take until its hello is here.
 * @param {number} rtt_ms measured on /negotiate
 * @param {number} round later rounds are more patient: perhaps the first were too hasty
 */
export function deadline_ms(rtt_ms, round) {
  const first = Math.max(DEADLINE_FLOOR_MS, ROUND_TRIPS_TO_HELLO * rtt_ms)
  return Math.min(DEADLINE_CAP_MS, Math.round(first * 2 ** round))
}

/**
 * Return after how long a silence a transport counts as dead.
 * @param {TransportName} transport
 * @param {{ heartbeat_s: number, poll_hold_s: number }} terms
 */
export function silence_ms(transport, { heartbeat_s, poll_hold_s }) {
  return 1000 * (transport === "longpoll" ? poll_hold_s + POLL_MARGIN_S : heartbeat_s * SILENCE_FACTOR)
}

/**
 * Return the failures still worth telling the server.
 * @param {ReadonlyMap<TransportName, Failure>} failures
 * @param {number} now_ms
 */
export function recentFailures(failures, now_ms) {
  return [...failures]
    .filter(([, { at_ms }]) => now_ms - at_ms < FAILURE_MEMORY_MS)
    .map(([transport, { reason, after_ms }]) => ({ transport, reason, after_ms }))
}

/**
 * Return which transports this page says it can do: all, or those named in its address
 * (`?transports=sse,longpoll`), which is for tests and for finding out what a network does.
 * @param {string} search the query of the page's address
 */
export function transportsAllowed(search) {
  const named = new URLSearchParams(search).get("transports")?.split(",")
  const allowed = TRANSPORTS.filter((name) => !named || named.includes(name))
  return allowed.length > 0 ? allowed : TRANSPORTS
}

/**
 * Return whether a transport that so often ended right after its hello is to be avoided: some
 * networks let a WebSocket open and then cut it.
 * @param {number} [earlyEnds]
 */
export function isUnstable(earlyEnds = 0) {
  return earlyEnds >= EARLY_ENDS
}

/**
 * Return whether a goodbye's code invites to come back: 4000–4499 do, 4500–4999 don't. Codes
 * below 4000 are the network's own (RFC 6455 section 7.4) and say nothing against coming back.
 * @param {number | undefined} code
 */
export function isComeBack(code) {
  return code === undefined || code < 4500
}
