// @ts-check
// What was written here and is not yet in a log. Pure: every function returns a new outbox.
//
//   sending ──ok──▶ sent ──the message itself──▶ (gone)
//      │  ▲
//      ▼  │ Retry: the same key, so at most one entry results, whatever was lost before
//    failed ──Delete──▶ (gone)
//
// The message itself ends an entry in any state: it came by the common path, so it is in the log.

/**
 * @typedef {object} Entry
 * @property {string} key
 * @property {string} room
 * @property {string} text
 * @property {"sending" | "sent" | "failed"} state
 * @property {number} since_ms when it was written, or last retried
 * @property {number} [open_ms] when an answer, to whichever, last showed that the way is open
 * @property {string} [reason] why it failed, for people
 */
/** @typedef {readonly Entry[]} Outbox */
/** @typedef {{ type: string, code?: string, message?: string, retry_ms?: number }} Reply */

// Longer than the longest wait for a reconnect, 30 s, and its attempts, 15 s; then its author
// should know.
export const GIVE_UP_MS = 60_000
const RETRY_DEFAULT_MS = 1000
const PASSING = new Set(["rate_limited", "unavailable"]) // the codes that trying again helps with

/** @param {Outbox} outbox @param {string} key @param {(entry: Entry) => Entry} change */
function withEntry(outbox, key, change) {
  return outbox.map((entry) => (entry.key === key ? change(entry) : entry))
}

/** @param {Outbox} outbox @param {{ key: string, room: string, text: string }} draft @param {number} now_ms */
export function queue(outbox, { key, room, text }, now_ms) {
  return [...outbox, /** @type {Entry} */ ({ key, room, text, state: "sending", since_ms: now_ms })]
}

/**
 * Return the entry to send next, the oldest that waits: order is kept by sending one at a time.
 * @param {Outbox} outbox
 */
export function next(outbox) {
  return outbox.find((entry) => entry.state === "sending")
}

/**
 * Fold the answer to a send. `wait_ms` is how long to let be before the next one. Any answer shows
 * that the way is open, so that nothing that waits its turn comes nearer to being given up.
 * @param {Outbox} outbox @param {string} key @param {Reply} reply @param {number} now_ms
 * @returns {{ outbox: Outbox, wait_ms: number }}
 */
export function answered(outbox, key, reply, now_ms) {
  const waiting = outbox.map((e) => (e.state === "sending" ? { ...e, open_ms: now_ms } : e))
  if (reply.type !== "error") {
    return { outbox: withEntry(waiting, key, (e) => ({ ...e, state: "sent", reason: undefined })), wait_ms: 0 }
  }
  if (PASSING.has(reply.code ?? "")) return { outbox: waiting, wait_ms: reply.retry_ms ?? RETRY_DEFAULT_MS }
  const reason = reply.message ?? reply.code
  return { outbox: withEntry(waiting, key, (e) => ({ ...e, state: "failed", reason })), wait_ms: 0 }
}

/**
 * Give up what could not be delivered for GIVE_UP_MS: it is sent no more unless retried.
 * @param {Outbox} outbox @param {number} now_ms
 */
export function expire(outbox, now_ms) {
  if (!outbox.some((entry) => isExpired(entry, now_ms))) return outbox
  return outbox.map((entry) =>
    isExpired(entry, now_ms)
      ? /** @type {Entry} */ ({ ...entry, state: "failed", reason: "It could not be delivered." })
      : entry,
  )
}

/** @param {Entry} entry @param {number} now_ms */
function isExpired(entry, now_ms) {
  return entry.state === "sending" && now_ms >= expiry_ms(entry)
}

/** @param {Entry} entry */
function expiry_ms({ since_ms, open_ms = 0 }) {
  return Math.max(since_ms, open_ms) + GIVE_UP_MS
}

/**
 * Return when the next entry will expire, or null.
 * @param {Outbox} outbox
 */
export function nextExpiry_ms(outbox) {
  const waiting = outbox.filter((entry) => entry.state === "sending")
  return waiting.length > 0 ? Math.min(...waiting.map(expiry_ms)) : null
}

/**
 * Send a failed entry again, with its key. It goes to the end: that is where it will be read.
 * @param {Outbox} outbox @param {string} key @param {number} now_ms
 */
export function retry(outbox, key, now_ms) {
  const entry = outbox.find((e) => e.key === key && e.state === "failed")
  if (!entry) return outbox
  return [
    ...outbox.filter((e) => e !== entry),
    /** @type {Entry} */ ({ ...entry, state: "sending", since_ms: now_ms, reason: undefined }),
  ]
}

/**
 * Take out an entry: deleted by its author, or arrived as a message.
 * @param {Outbox} outbox @param {string} key
 */
export function without(outbox, key) {
  return outbox.some((entry) => entry.key === key) ? outbox.filter((entry) => entry.key !== key) : outbox
}
