// @ts-check
// The outbox: what was done here and is not yet in a log: messages, edits, deletions, reactions.
// Pure: every function returns a new outbox.
//
//   waiting ──ok──▶ sent ──it arrives from the log──▶ (gone)
//    ▲   │
//    │   ├──the server refuses──▶ refused ──Delete──▶ (gone)
//    │   ├──unknown whether it is in the log──▶ doubtful ──Delete──▶ (gone)
//    └───┴──Retry: the same key, after all waiting entries
//
// Entries never time out: they wait for as long as the server is unavailable. They are sent one at a
// time, in the order of `seq`, so that none overtakes an earlier one.

import { PASSING, refusalWords } from "./refusals.js"
import { t } from "./texts.js"

/** @import { FileInfo } from "./file_words.js" */

/** @typedef {"send" | "edit" | "delete" | "react"} Kind */
/** @typedef {"waiting" | "sent" | "refused" | "doubtful" | "withdrawn"} State withdrawn: deleted here, though it may be in the log */
/** @typedef {{ epoch: string, offset: number }} Position */
/**
 * @typedef {object} Entry
 * @property {string} key
 * @property {number} seq its place in the queue
 * @property {Kind} kind @property {string} room
 * @property {string} [text] the new text of a send or an edit
 * @property {readonly FileInfo[]} [files] of a send
 * @property {number} [reply_to] the offset of the message that a send answers
 * @property {number} [target] the offset of the message that is edited, deleted or reacted to
 * @property {string} [epoch] of the log in which `target` or `reply_to` stands
 * @property {string} [emoji] @property {boolean} [on]
 * @property {State} state
 * @property {number} written_ms when it was written, or last retried
 * @property {{ at_ms: number, epoch: string, offset: number }} [attempt] the first attempt whose
 *   answer is unknown, and where the room's log ended then: if the entry is in the log, it comes later
 * @property {string[]} [tried] earlier texts that may have been stored under this key
 * @property {number} [conflicts] how many texts the server has rejected because another is under this key
 * @property {number} [offset] its offset in the log, once sent
 * @property {string} [reason] why it was refused, for people
 */
/** @typedef {readonly Entry[]} Outbox */
/** @typedef {{ type: string, code?: string, message?: string, retry_ms?: number, epoch?: string, offset?: number }} Reply */
/** @typedef {{ type: string, room: string, user: string, offset: number, key?: string, target?: number, text?: string, emoji?: string, on?: boolean }} Logged */
/** @typedef {{ kind: Kind, key: string, room: string, text?: string, files?: readonly FileInfo[], reply_to?: number, target?: number, epoch?: string, emoji?: string, on?: boolean }} Draft */
/** @typedef {{ found: number, epoch: string } | "absent" | "unknown"} Finding the result of a search in the log */

export const KEY_LIFE_MS = 23 * 3_600_000 // the server's 24 hours (DEDUPE_S), less clock errors and network delay
const RETRY_DEFAULT_MS = 1000
const DOUBT = t("It may have been sent more than a day ago, and the room keeps no record from then.")
const BEGAN_ANEW = t("The room's log began anew; that message is not in it.")

/** @param {Outbox} outbox @param {string} key @param {(entry: Entry) => Entry} change */
function withEntry(outbox, key, change) {
  return outbox.some((entry) => entry.key === key) ? outbox.map((entry) => (entry.key === key ? change(entry) : entry)) : outbox
}

/** @param {Outbox} outbox */
function nextSeq(outbox) {
  return 1 + Math.max(0, ...outbox.map(({ seq }) => seq))
}

/** Append an entry, in place of unsent changes that it makes unnecessary. @param {Outbox} outbox @param {Draft} draft @param {number} now_ms */
export function queue(outbox, draft, now_ms) {
  const entry = /** @type {Entry} */ ({ ...draft, seq: nextSeq(outbox), state: "waiting", written_ms: now_ms })
  return [...outbox.filter((old) => !isReplacedBy(old, entry)), entry]
}

/** @param {Entry} old @param {Entry} entry */
function isReplacedBy(old, entry) {
  const isSameTarget = old.target !== undefined && old.target === entry.target && old.room === entry.room && old.epoch === entry.epoch
  if (!isSameTarget || old.state === "sent" || old.attempt) return false
  if (entry.kind === "delete") return true
  return old.kind === entry.kind && old.emoji === entry.emoji
}

/**
 * Return the next entry to deliver: the first that is waiting or withdrawn, in a room that takes messages.
 * @param {Outbox} outbox @param {ReadonlyMap<string, number>} [closedRooms] until when a room takes none @param {number} [now_ms]
 */
export function next(outbox, closedRooms, now_ms = 0) {
  return inOrder(outbox).find(({ state, room }) => (state === "waiting" || state === "withdrawn") && !((closedRooms?.get(room) ?? 0) > now_ms))
}

/** @param {Outbox} outbox */
export function inOrder(outbox) {
  return outbox.toSorted((a, b) => a.seq - b.seq || (a.key < b.key ? -1 : 1))
}

/** Return the command to send for an entry. @param {Entry} entry */
export function commandOf({ kind, room, key, text, files, reply_to, target: offset, emoji, on, tried = [], conflicts = 0 }) {
  switch (kind) {
    case "send":
      return { type: kind, room, text: conflicts > 0 ? tried.at(-conflicts) : text, key, ...(reply_to !== undefined && { reply_to }), ...(files && { files: files.map(({ id }) => id) }) }
    case "edit":
      return { type: kind, room, offset, text }
    case "delete":
      return { type: kind, room, offset }
    case "react":
      return { type: kind, room, offset, emoji, on }
  }
}

/**
 * Note that an entry is about to be sent: from now on it may be in the log.
 * @param {Outbox} outbox @param {string} key @param {Position | undefined} position where the log ends @param {number} now_ms
 */
export function attempted(outbox, key, position, now_ms) {
  if (outbox.some((entry) => entry.key === key && entry.attempt)) return outbox
  const { epoch = "", offset = 0 } = position ?? {}
  return withEntry(outbox, key, (entry) => ({ ...entry, attempt: { at_ms: now_ms, epoch, offset } }))
}

/**
 * Return whether the log must be searched before an entry is sent again: the server may have forgotten
 * its key, and would store it twice. If the clock was set back, the age is unknown, so search too.
 * @param {Entry} entry @param {number} now_ms
 */
export function mustBeLookedUp({ kind, state, attempt }, now_ms) {
  if (kind !== "send" || !attempt) return false
  const age_ms = now_ms - attempt.at_ms
  return state === "withdrawn" || age_ms < 0 || age_ms > KEY_LIFE_MS
}

/** Apply the result of a search in the log. @param {Outbox} outbox @param {string} key @param {Finding} finding @returns {Outbox} */
export function lookedUp(outbox, key, finding) {
  const entry = outbox.find((e) => e.key === key)
  if (!entry) return outbox
  if (typeof finding === "object") return arrived(outbox, entry, { offset: finding.found, epoch: finding.epoch })
  if (entry.state === "withdrawn") return without(outbox, key)
  if (finding === "absent") return withEntry(outbox, key, (e) => ({ ...e, attempt: undefined, tried: undefined, conflicts: undefined }))
  return withEntry(outbox, key, (e) => ({ ...e, state: "doubtful", reason: DOUBT }))
}

/**
 * Note that a send is in the log. An edit or deletion in the meantime takes its place in the queue.
 * @param {Outbox} outbox @param {Entry} entry @param {Position} at @param {string} [logged] its text there
 */
function arrived(outbox, entry, { offset, epoch }, logged) {
  const { key, state, text, tried = [] } = entry
  const change = { seq: entry.seq, key: `${key}+`, room: entry.room, target: offset, epoch, written_ms: entry.written_ms }
  const rest = without(outbox, key)
  if (state === "withdrawn") return [...rest, /** @type {Entry} */ ({ ...change, kind: "delete", state: "waiting" })]
  const isOlderText = logged === undefined ? (entry.conflicts ?? 0) > 0 : logged !== text && tried.includes(logged)
  if (isOlderText) return [...rest, /** @type {Entry} */ ({ ...change, kind: "edit", text, state: "waiting" })]
  return logged === undefined ? withEntry(outbox, key, (e) => ({ ...e, state: "sent", offset, epoch, reason: undefined })) : rest
}

/** Apply the reply to a command; `wait_ms` is the wait before the next one. @param {Outbox} outbox @param {string} key @param {Reply} reply */
export function answered(outbox, key, reply) {
  const entry = outbox.find((e) => e.key === key)
  if (!entry) return { outbox, wait_ms: 0 }
  if (reply.type !== "error") {
    const { offset = 0, epoch = "" } = reply
    if (entry.kind === "send") return { outbox: arrived(outbox, entry, { offset, epoch }), wait_ms: 0 }
    return { outbox: withEntry(outbox, key, (e) => ({ ...e, state: "sent", offset, reason: undefined })), wait_ms: 0 }
  }
  if (PASSING.has(reply.code ?? "")) return { outbox, wait_ms: reply.retry_ms ?? RETRY_DEFAULT_MS }
  const conflicts = (entry.conflicts ?? 0) + 1
  if (reply.code === "key_conflict" && conflicts <= (entry.tried?.length ?? 0)) {
    // It is in the log with an earlier text. Sent with that text, the reply has its offset.
    return { outbox: withEntry(outbox, key, (e) => ({ ...e, conflicts })), wait_ms: 0 }
  }
  return { outbox: refused(outbox, key, refusalWords(reply)), wait_ms: 0 }
}

/** Mark an entry as refused; remove one that is withdrawn. @param {Outbox} outbox @param {string} key @param {string} [reason] */
export function refused(outbox, key, reason = BEGAN_ANEW) {
  if (outbox.some((entry) => entry.key === key && entry.state === "withdrawn")) return without(outbox, key)
  return withEntry(outbox, key, (e) => ({ ...e, state: "refused", reason, attempt: undefined }))
}

/**
 * Queue a refused or doubtful entry again with its key, at the end, where its message will appear.
 * @param {Outbox} outbox @param {string} key @param {number} now_ms
 */
export function retry(outbox, key, now_ms) {
  const isStuck = (/** @type {Entry} */ e) => e.key === key && (e.state === "refused" || e.state === "doubtful")
  if (!outbox.some(isStuck)) return outbox
  const change = { seq: nextSeq(outbox), written_ms: now_ms, reason: undefined, attempt: undefined }
  return withEntry(outbox, key, (e) => ({ ...e, ...change, state: "waiting" }))
}

/** Queue all refused entries again, in their original order. @param {Outbox} outbox @param {number} now_ms */
export function retryAll(outbox, now_ms) {
  const keys = inOrder(outbox).filter(({ state }) => state === "refused").map(({ key }) => key)
  return keys.reduce((rest, key) => retry(rest, key, now_ms), outbox)
}

/**
 * Change the text of an entry that is not in the log yet. A refused or doubtful entry is queued again.
 * @param {Outbox} outbox @param {string} key @param {string} text @param {number} now_ms
 */
export function revise(outbox, key, text, now_ms) {
  const entry = outbox.find((e) => e.key === key)
  if (!entry || entry.state === "sent" || entry.state === "withdrawn" || entry.text === text) return outbox
  const tried = entry.attempt ? [...(entry.tried ?? []), entry.text ?? ""] : entry.tried
  const revised = withEntry(outbox, key, (e) => ({ ...e, text, tried, conflicts: undefined }))
  return entry.state === "waiting" ? revised : retry(revised, key, now_ms)
}

/** Withdraw an entry. A message that may be in the log is deleted there if found. @param {Outbox} outbox @param {string} key */
export function withdraw(outbox, key) {
  const entry = outbox.find((e) => e.key === key)
  if (!entry || entry.state === "sent") return outbox
  if (entry.kind !== "send" || !entry.attempt || entry.state === "doubtful") return without(outbox, key)
  return withEntry(outbox, key, (e) => ({ ...e, state: "withdrawn" }))
}

/** Remove the entries that a logged push delivers or makes unnecessary. @param {Outbox} outbox @param {Logged} push @param {string} me */
export function settledBy(outbox, push, me) {
  return outbox.reduce((rest, entry) => {
    if (entry.room !== push.room) return rest
    const isMine = push.user === me
    if (push.type === "message") {
      if (!isMine || push.key !== entry.key) return rest
      return arrived(rest, entry, { offset: push.offset, epoch: /** @type {any} */ (push).epoch }, push.text)
    }
    const isTarget = entry.target === push.target && entry.target !== undefined
    const isIt = isTarget && (push.type === "deleted" || (isMine && isSameChange(entry, push)))
    // An entry whose reply had this offset, or an earlier one, has been shown by now.
    const isShown = entry.state === "sent" && (entry.offset ?? 0) <= push.offset
    return isIt || isShown ? without(rest, entry.key) : rest
  }, outbox)
}

/** @param {Entry} entry @param {Logged} push */
function isSameChange({ kind, text, emoji, on }, push) {
  if (kind === "edit") return push.type === "edited" && push.text === text
  return kind === "react" && push.type === "reaction" && push.emoji === emoji && push.on === on
}

/** Remove an entry. @param {Outbox} outbox @param {string} key */
export function without(outbox, key) {
  return outbox.some((entry) => entry.key === key) ? outbox.filter((entry) => entry.key !== key) : outbox
}
