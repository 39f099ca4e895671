// @ts-check
// Turns a timeline into the rows of the log: days, message heads, condensed joins and leaves. Pure.

import { accessOf } from "./room_info.js"
import { isOwnMove } from "./timeline.js"
import { dayKey } from "./wording.js"

/** @import { Item, Message, Missing, Move, Notice } from "./timeline.js" */
/** @import { Entry } from "./outbox.js" */

/** @typedef {{ kind: "day", id: string, time: string, today: string }} DayRow its words depend on today */
/** @typedef {{ kind: "new", id: string }} NewRow */
/** @typedef {{ by: string, byName: string, names: string[] }} Added whom somebody has added to the room */
/** @typedef {{ kind: "notice", id: string, joined: string[], left: string[], added: Added[] }} NoticeRow */
/** @typedef {{ kind: "event", id: string, event: Notice }} EventRow what somebody did to the room or to others */
/** @typedef {{ kind: "missing", id: string, why: Missing, room: string }} MissingRow the message that a link points at is missing */
/** @typedef {{ kind: "message", id: string, message: Message, isHead: boolean, changes: readonly Entry[], quoted?: Message }} MessageRow */
/** @typedef {{ kind: "pending", id: string, entry: Entry, isHead: boolean, quoted?: Message }} PendingRow quoted: the message that it answers, if that is loaded */
/** @typedef {DayRow | NewRow | NoticeRow | EventRow | MissingRow | MessageRow | PendingRow} Row */
/** @typedef {{ offset: number, why: Missing }} MissingMessage */

const SAME_HEAD_MS = 5 * 60_000 // after a longer pause, a message of the same author gets a head again

/**
 * Return the rows of the log.
 * @param {readonly Item[]} items @param {readonly Entry[]} pending of this room
 * @param {{ newFrom: number, me: string, room?: string, missing?: MissingMessage | null, today?: string }} options newFrom: the
 *   first unread message's offset, or 0; missing: the one that a link points at; today: a dayKey
 */
export function rowsOf(items, pending, { newFrom, me, room = "", missing = null, today = "" }) {
  /** @type {Row[]} */ const rows = []
  const above = { day: "", author: "", at_ms: 0 } // of the row above; no author: it is not a message
  const changes = pending.filter(({ kind }) => kind !== "send")
  const messages = new Map(items.flatMap((item) => (item.type === "message" ? [[item.offset, item]] : [])))
  const onDay = (/** @type {Date} */ time, /** @type {string} */ text) => {
    const day = dayKey(time)
    if (day === above.day) return
    rows.push({ kind: "day", id: `day-${day}`, time: text, today })
    Object.assign(above, { day, author: "" })
  }
  const isHead = (/** @type {string} */ author, /** @type {number} */ at_ms) => {
    const isIt = author !== above.author || at_ms - above.at_ms > SAME_HEAD_MS
    Object.assign(above, { author, at_ms })
    return isIt
  }
  const addMissing = () => {
    if (!missing) return
    rows.push({ kind: "missing", id: "missing", why: missing.why, room })
    above.author = ""
    missing = null
  }
  for (const item of items) {
    if (missing && item.offset > missing.offset) addMissing()
    const time = new Date(item.time)
    onDay(time, item.time)
    if (newFrom > 0 && item.type === "message" && item.offset >= newFrom) {
      rows.push({ kind: "new", id: "new" })
      newFrom = 0
      above.author = ""
    }
    if (item.type === "joined" && accessOf(item.room ?? "") === "direct") continue // its people are there from the beginning
    if (item.type !== "message") {
      if (item.type === "joined" || isOwnMove(item)) notice(rows, item)
      else rows.push({ kind: "event", id: `n${item.offset}`, event: item })
      above.author = ""
      continue
    }
    const isOf = (/** @type {Entry} */ { target, epoch }) => target === item.offset && epoch === item.epoch && !item.deleted
    rows.push({ kind: "message", id: `m${item.offset}`, message: item, isHead: isHead(`${item.user}\n${item.name}`, time.getTime()), changes: changes.filter(isOf), quoted: messages.get(item.reply_to ?? 0) })
  }
  addMissing()
  // Waiting messages look as they will when delivered: after a pause, under their own head.
  for (const entry of pending) {
    if (entry.kind !== "send") continue
    const time = new Date(entry.written_ms)
    if (rows.length > 0) onDay(time, time.toISOString())
    const author = above.author.startsWith(`${me}\n`) ? above.author : `${me}\n`
    rows.push({ kind: "pending", id: `p${entry.key}`, entry, isHead: isHead(author, entry.written_ms), quoted: messages.get(entry.reply_to ?? 0) })
  }
  return rows
}

/** Add a notice, if possible to the row above. A join and a leave of one person cancel out. @param {Row[]} rows @param {Move} item */
function notice(rows, item) {
  const above = rows.at(-1)
  const row = above?.kind === "notice" ? above : /** @type {NoticeRow} */ ({ kind: "notice", id: `n${item.offset}`, joined: [], left: [], added: [] })
  if (item.by) add(row, item, item.by)
  else move(item.name, ...(item.type === "joined" ? /** @type {const} */ ([row.joined, row.left]) : /** @type {const} */ ([row.left, row.joined])))
  const isEmpty = row.joined.length + row.left.length + row.added.length === 0
  if (isEmpty && row === above) rows.pop()
  else if (!isEmpty && row !== above) rows.push(row)
}

/** @param {NoticeRow} row @param {Move} item @param {string} by */
function add({ added }, { name, by_name = "" }, by) {
  const others = added.find((other) => other.by === by)
  if (others) others.names.push(name)
  else added.push({ by, byName: by_name, names: [name] })
}

/** @param {string} name @param {string[]} to @param {string[]} from */
function move(name, to, from) {
  const cancels = from.indexOf(name)
  if (cancels !== -1) from.splice(cancels, 1)
  else if (!to.includes(name)) to.push(name)
}

/** Return whether two rows would look the same, so that the old element can stay. @param {Row} a @param {Row} b */
export function isSameRow(a, b) {
  if (a.kind === "notice" && b.kind === "notice") {
    return a.id === b.id && JSON.stringify([a.joined, a.left, a.added]) === JSON.stringify([b.joined, b.left, b.added])
  }
  if (a.kind === "message" && b.kind === "message") return a.message === b.message && a.isHead === b.isHead && a.quoted === b.quoted && isSameChanges(a.changes, b.changes)
  if (a.kind === "pending" && b.kind === "pending") return isSameEntry(a.entry, b.entry) && a.isHead === b.isHead && a.quoted === b.quoted
  if (a.kind === "day" && b.kind === "day") return a.id === b.id && a.today === b.today
  return a.kind === b.kind && a.id === b.id
}

/** @param {readonly Entry[]} a @param {readonly Entry[]} b */
function isSameChanges(a, b) {
  return a.length === b.length && a.every((entry, at) => isSameEntry(entry, b[at]))
}

/** Return whether two entries look the same apart from the delivery words, which are updated in place. @param {Entry} a @param {Entry} b */
function isSameEntry(a, b) {
  const isRefused = (/** @type {Entry} */ { state }) => state === "refused"
  return a.key === b.key && a.text === b.text && a.on === b.on && a.written_ms === b.written_ms && isRefused(a) === isRefused(b)
}
