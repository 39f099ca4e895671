// @ts-check
// Says in the log who did what to whom in a room: "Zoe removed Max: spam". Pure.

import { locale as pageLocale } from "./texts.js"
import { isolated, plural } from "./wording.js"

/** @import { MemberChange } from "./room_info.js" */
/** @import { Notice } from "./timeline.js" */

const ROLE_WORDS = { owner: "an owner", moderator: "a moderator", member: "a member" }

/**
 * Return what an entry of the log says in words; "" if it says nothing to people.
 * @param {Notice} event @param {(user: string) => string} nameOf @param {Date} now
 */
export function eventWords(event, nameOf, now) {
  const who = isolated(event.name)
  switch (event.type) {
    case "joined":
      return event.by ? `${isolated(event.by_name ?? nameOf(event.by))} added ${who}` : `${who} joined`
    case "left":
      return event.by ? `${isolated(event.by_name ?? nameOf(event.by))} removed ${who}${because(event.reason)}` : `${who} left`
    case "room_changed":
      return `${who} ${changeWords(event, now).join("; ")}`
  }
}

/** @param {import("./room_info.js").RoomChanged} change @param {Date} now */
function changeWords({ title, topic, access, is_locked, is_archived, slow_mode_s, keep_messages, keep_days, members = [] }, now) {
  const words = []
  if (access !== undefined) words.push("made this room")
  else if (title !== undefined) words.push(title ? `named this room “${isolated(title)}”` : "took away the title")
  if (topic !== undefined && (topic || access === undefined)) words.push(topic ? `set the topic: ${isolated(topic)}` : "took away the topic")
  if (is_locked !== undefined) words.push(is_locked ? "locked this room: only moderators write" : "unlocked this room")
  if (is_archived !== undefined) words.push(is_archived ? "archived this room: nobody writes any more" : "opened this room again")
  if (slow_mode_s !== undefined) words.push(slow_mode_s > 0 ? `set slow mode: ${durationWords(slow_mode_s)} between two messages` : "ended slow mode")
  if (keep_messages !== undefined || keep_days !== undefined) words.push("changed how long messages are kept")
  for (const member of members) words.push(...(isRenamed(member) ? [`is now ${isolated(member.name)}`] : memberWords(member, now)))
  return words
}

/** Return whether it tells of nothing but another name, which people give themselves. @param {MemberChange} change */
function isRenamed({ role, muted_until, banned_until }) {
  return role === undefined && muted_until === undefined && banned_until === undefined
}

/** @param {MemberChange} change @param {Date} now */
function memberWords({ name, role, muted_until, banned_until, reason }, now) {
  const whom = isolated(name)
  const words = []
  if (role) words.push(`made ${whom} ${ROLE_WORDS[role]}`)
  if (muted_until !== undefined) words.push(isOver(muted_until, now) ? `lets ${whom} write again` : `muted ${whom}${untilWords(muted_until, now)}${because(reason)}`)
  if (banned_until !== undefined) words.push(isOver(banned_until, now) ? `lifted the ban of ${whom}` : `banned ${whom}${untilWords(banned_until, now)}${because(reason)}`)
  return words
}

/** @param {string} [reason] */
function because(reason) {
  return reason ? `: ${isolated(reason)}` : ""
}

/** @param {string} until @param {Date} now */
function isOver(until, now) {
  return until === "" || Date.parse(until) <= now.getTime()
}

const YEARS_MS = 5 * 365 * 86_400_000 // what ends later is for good

/** Return the end of something, as short as it is clear; "" for what has no end. @param {string} until RFC 3339 @param {Date} now @param {string} [locale] */
export function endWords(until, now, locale = pageLocale) {
  const end = new Date(until)
  if (!(end.getTime() - now.getTime() < YEARS_MS)) return ""
  const isToday = end.toDateString() === now.toDateString()
  const format = /** @type {const} */ (isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" })
  return end.toLocaleString(locale, format)
}

/** Return " until …"; "" for what has no end. @param {string} until RFC 3339 @param {Date} now @param {string} [locale] */
export function untilWords(until, now, locale) {
  const end = endWords(until, now, locale)
  return end && ` until ${end}`
}

/** Return a span of time in words. @param {number} span_s */
export function durationWords(span_s) {
  for (const [unit_s, one, many] of /** @type {const} */ ([[86_400, "day", "days"], [3600, "hour", "hours"], [60, "minute", "minutes"]])) { // prettier-ignore
    if (span_s >= unit_s && span_s % unit_s === 0) return plural(span_s / unit_s, one, many)
  }
  return plural(span_s, "second", "seconds")
}
