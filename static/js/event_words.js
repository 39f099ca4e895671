// @ts-check
// Says in the log who did what to whom in a room: "Zoe removed Max: spam". Pure.

import { locale as pageLocale, t, tn } from "./texts.js"
import { isolated } from "./wording.js"

/** @import { MemberChange, Role } from "./room_info.js" */
/** @import { Notice } from "./timeline.js" */

/**
 * Return what an entry of the log says in words; "" if it says nothing to people.
 * @param {Notice} event @param {(user: string) => string} nameOf @param {Date} now
 */
export function eventWords(event, nameOf, now) {
  const name = isolated(event.name)
  switch (event.type) {
    case "joined":
      return event.by ? t("{name} added {whom}", { name: isolated(event.by_name ?? nameOf(event.by)), whom: name }) : tn(1, "{names} joined", "{names} joined", { names: name })
    case "left":
      if (!event.by) return tn(1, "{names} left", "{names} left", { names: name })
      return because(t("{name} removed {whom}", { name: isolated(event.by_name ?? nameOf(event.by)), whom: name }), event.reason)
    case "room_changed":
      return changeWords(name, event, now).join("; ")
  }
}

/** @param {string} name who did it @param {import("./room_info.js").RoomChanged} change @param {Date} now */
function changeWords(name, { title, topic, access, is_locked, is_archived, slow_mode_s, keep_messages, keep_days, members = [] }, now) {
  const words = []
  if (access !== undefined) words.push(t("{name} made this room", { name }))
  else if (title !== undefined) words.push(title ? t("{name} named this room “{title}”", { name, title: isolated(title) }) : t("{name} took away the title", { name }))
  if (topic) words.push(t("{name} set the topic: {topic}", { name, topic: isolated(topic) }))
  else if (topic !== undefined && access === undefined) words.push(t("{name} took away the topic", { name }))
  if (is_locked !== undefined) words.push(is_locked ? t("{name} locked this room: only moderators write", { name }) : t("{name} unlocked this room", { name }))
  if (is_archived !== undefined) words.push(is_archived ? t("{name} archived this room: nobody writes any more", { name }) : t("{name} opened this room again", { name }))
  if (slow_mode_s !== undefined) words.push(slow_mode_s > 0 ? t("{name} set slow mode: {span} between two messages", { name, span: durationWords(slow_mode_s) }) : t("{name} ended slow mode", { name }))
  if (keep_messages !== undefined || keep_days !== undefined) words.push(t("{name} changed how long messages are kept", { name }))
  for (const member of members) words.push(...(isRenamed(member) ? [t("{name} is now {other}", { name, other: isolated(member.name) })] : memberWords(name, member, now)))
  return words
}

/** Return whether it tells of nothing but another name, which people give themselves. @param {MemberChange} change */
function isRenamed({ role, muted_until, banned_until }) {
  return role === undefined && muted_until === undefined && banned_until === undefined
}

/** @param {string} name who did it @param {MemberChange} change @param {Date} now */
function memberWords(name, { name: theirs, role, muted_until, banned_until, reason }, now) {
  const names = { name, whom: isolated(theirs) }
  const words = []
  if (role) words.push(roleWords(role, names))
  if (muted_until !== undefined) {
    const until = endWords(muted_until, now)
    if (isOver(muted_until, now)) words.push(t("{name} lets {whom} write again", names))
    else words.push(because(until ? t("{name} muted {whom} until {until}", { ...names, until }) : t("{name} muted {whom}", names), reason))
  }
  if (banned_until !== undefined) {
    const until = endWords(banned_until, now)
    if (isOver(banned_until, now)) words.push(t("{name} lifted the ban of {whom}", names))
    else words.push(because(until ? t("{name} banned {whom} until {until}", { ...names, until }) : t("{name} banned {whom}", names), reason))
  }
  return words
}

/** @param {Role} role @param {{ name: string, whom: string }} names */
function roleWords(role, names) {
  if (role === "owner") return t("{name} made {whom} an owner", names)
  return role === "moderator" ? t("{name} made {whom} a moderator", names) : t("{name} made {whom} a member", names)
}

/** @param {string} words @param {string} [reason] */
function because(words, reason) {
  return reason ? `${words}: ${isolated(reason)}` : words
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

/** Return a span of time in words. @param {number} span_s */
export function durationWords(span_s) {
  if (isWhole(span_s, 86_400)) return tn(span_s / 86_400, "{count} day", "{count} days")
  if (isWhole(span_s, 3600)) return tn(span_s / 3600, "{count} hour", "{count} hours")
  if (isWhole(span_s, 60)) return tn(span_s / 60, "{count} minute", "{count} minutes")
  return tn(span_s, "{count} second", "{count} seconds")
}

/** @param {number} span_s @param {number} unit_s */
function isWhole(span_s, unit_s) {
  return span_s >= unit_s && span_s % unit_s === 0
}
