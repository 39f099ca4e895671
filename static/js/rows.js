// @ts-check
// From a timeline to the lines that are shown: days, heads, condensed comings and goings. Pure.

import { dayKey } from "./wording.js"

/** @import { Item, Message, Notice } from "./timeline.js" */
/** @import { Entry } from "./outbox.js" */

/** @typedef {{ kind: "day", id: string, time: string }} DayRow */
/** @typedef {{ kind: "new", id: string }} NewRow */
/** @typedef {{ kind: "notice", id: string, joined: string[], left: string[] }} NoticeRow */
/** @typedef {{ kind: "message", id: string, message: Message, isHead: boolean }} MessageRow */
/** @typedef {{ kind: "pending", id: string, entry: Entry, isHead: boolean }} PendingRow */
/** @typedef {DayRow | NewRow | NoticeRow | MessageRow | PendingRow} Row */

const SAME_BREATH_MS = 5 * 60_000 // later, a message of the same author has its head again

/**
 * @param {readonly Item[]} items
 * @param {readonly Entry[]} pending of this room
 * @param {{ newFrom: number, me: string }} options newFrom: the first unread message's offset, or 0
 * @returns {Row[]}
 */
export function rowsOf(items, pending, { newFrom, me }) {
  /** @type {Row[]} */
  const rows = []
  let day = ""
  let author = "" // of the row above, if it is a message
  let at_ms = 0
  for (const item of items) {
    const time = new Date(item.time)
    const isNewDay = dayKey(time) !== day
    if (isNewDay) {
      day = dayKey(time)
      rows.push({ kind: "day", id: `day-${day}`, time: item.time })
      author = ""
    }
    if (newFrom > 0 && item.type === "message" && item.offset >= newFrom) {
      rows.push({ kind: "new", id: "new" })
      newFrom = 0
      author = ""
    }
    if (item.type !== "message") {
      notice(rows, item)
      author = ""
      continue
    }
    const by = `${item.user}\n${item.name}`
    const isHead = by !== author || time.getTime() - at_ms > SAME_BREATH_MS
    rows.push({ kind: "message", id: `m${item.offset}`, message: item, isHead })
    author = by
    at_ms = time.getTime()
  }
  let isAfterOwn = author.split("\n")[0] === me
  for (const entry of pending) {
    rows.push({ kind: "pending", id: `p${entry.key}`, entry, isHead: !isAfterOwn })
    isAfterOwn = true
  }
  return rows
}

/**
 * Add a notice, to the row above if that is one. Who came and went again is not worth a word.
 * @param {Row[]} rows @param {Notice} item
 */
function notice(rows, item) {
  const above = rows.at(-1)
  const row = above?.kind === "notice" ? above : /** @type {NoticeRow} */ ({ kind: "notice", id: `n${item.offset}`, joined: [], left: [] })
  const [to, from] = item.type === "joined" ? [row.joined, row.left] : [row.left, row.joined]
  const cancels = from.indexOf(item.name)
  if (cancels !== -1) from.splice(cancels, 1)
  else if (!to.includes(item.name)) to.push(item.name)
  const isEmpty = row.joined.length + row.left.length === 0
  if (isEmpty && row === above) rows.pop()
  else if (!isEmpty && row !== above) rows.push(row)
}

/**
 * Return whether two rows would look the same, so that the old element can stay.
 * @param {Row} a @param {Row} b
 */
export function isSameRow(a, b) {
  if (a.kind === "notice" && b.kind === "notice") {
    return a.joined.join("\n") === b.joined.join("\n") && a.left.join("\n") === b.left.join("\n")
  }
  if (a.kind === "message" && b.kind === "message") return a.message === b.message && a.isHead === b.isHead
  if (a.kind === "pending" && b.kind === "pending") return isSameEntry(a.entry, b.entry) && a.isHead === b.isHead
  return a.kind === b.kind && a.id === b.id
}

/**
 * Each answer makes all that wait new entries; of what is shown only one changes.
 * @param {Entry} a @param {Entry} b
 */
function isSameEntry(a, b) {
  return a.key === b.key && a.state === b.state && a.since_ms === b.since_ms && a.reason === b.reason
}
