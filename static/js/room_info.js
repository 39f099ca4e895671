// @ts-check
// What is known of a room besides its messages: its title, its settings, the roles in it. Pure; the
// functions change the room that they are given.

import { t } from "./texts.js"

/** @import { Person, Room } from "./room.js" */

/** @typedef {"public" | "unlisted" | "private" | "direct"} Access */
/** @typedef {"owner" | "moderator" | "member"} Role */
/**
 * @typedef {object} RoomInfo as the server describes a room
 * @property {string} room @property {boolean} [is_member] @property {number} [unread] @property {string} [epoch] @property {number} [offset]
 * @property {string} [title] @property {string} [topic] @property {Access} [access]
 * @property {boolean} [is_locked] @property {boolean} [is_archived] @property {number} [slow_mode_s]
 * @property {Role | null} [role] of this user @property {string} [muted_until] of this user, RFC 3339
 * @property {Person[]} [users] of a direct room
 * @property {{ user: string, name: string, role: Role }[]} [roles] of some members
 * @property {number} [members] how many people are in it
 * @property {number} [present] how many of them, and of others, are there now
 */
/** @typedef {{ user: string, name: string, role?: Role, muted_until?: string, banned_until?: string, reason?: string }} MemberChange */
/**
 * @typedef {object} RoomChanged a push: the settings that `user` has changed
 * @property {"room_changed"} type @property {number} offset @property {string} user @property {string} name @property {string} time
 * @property {string} [title] @property {string} [topic] @property {Access} [access]
 * @property {boolean} [is_locked] @property {boolean} [is_archived] @property {number} [slow_mode_s]
 * @property {number | null} [keep_messages] @property {number | null} [keep_days] @property {MemberChange[]} [members]
 */

export const LOBBY = "general" // everybody is a member, and nobody can leave

const PREFIXES = /** @type {Record<string, Access>} */ ({ "u-": "unlisted", "p-": "private", "d-": "direct" })

/** Return the access of a room, which its name says. @param {string} name @returns {Access} */
export function accessOf(name) {
  return PREFIXES[name.slice(0, 2)] ?? "public"
}

/** Return the name of a public room as people write it: "#Blue Birds" is blue-birds. @param {string} text */
export function roomNameOf(text) {
  return text.trim().replace(/^#/, "").toLowerCase().replace(/\s+/g, "-")
}

/** Note the server's description of a room. @param {Room} room @param {RoomInfo} info */
export function applyInfo(room, info) {
  applySettings(room, info)
  room.isTitled ||= info.title !== undefined
  if (info.users) room.users = info.users
  if (info.role !== undefined) room.role = info.role
  if (info.muted_until !== undefined) room.mutedUntil = info.muted_until
  if (info.roles) room.roles = new Map(info.roles.filter(({ role }) => role !== "member").map(({ user, role }) => [user, role]))
}

/** Return whether this user has chosen another name, on another device. @param {{ type: string, members?: MemberChange[] } & Record<string, any>} push @param {Person} me */
export function isRenamed(push, me) {
  const [changed] = push.members ?? []
  return push.type === "room_changed" && push.user === me.user && changed?.user === me.user && changed.role === undefined && changed.name !== me.name
}

/** Fold a change of the room's settings, or of what its members are. @param {Room} room @param {RoomChanged} push @param {string} me */
export function applyRoomChanged(room, push, me) {
  applySettings(room, push)
  for (const { user, name, role, muted_until } of push.members ?? []) {
    room.users = room.users?.map((person) => (person.user === user ? { user, name } : person)) ?? null
    if (role === "member") room.roles.delete(user)
    else if (role) room.roles.set(user, role)
    if (user !== me) continue
    if (role) room.role = role
    if (muted_until !== undefined) room.mutedUntil = muted_until
  }
}

/** @param {Room} room @param {Pick<RoomInfo, "title" | "topic" | "is_locked" | "is_archived" | "slow_mode_s">} settings */
function applySettings(room, { title, topic, is_locked, is_archived, slow_mode_s }) {
  if (title !== undefined) room.title = title
  if (topic !== undefined) room.topic = topic
  if (is_locked !== undefined) room.isLocked = is_locked
  if (is_archived !== undefined) room.isArchived = is_archived
  if (slow_mode_s !== undefined) room.slowMode_s = slow_mode_s
}

/** Return what people call a room: its title, or the names of the others in a direct room. @param {Room} room @param {string} me */
export function titleOf({ name, title, users }, me) {
  if (accessOf(name) !== "direct") return title || name
  const others = (users ?? []).filter(({ user }) => user !== me).map((person) => person.name)
  if (others.length > 0) return others.join(", ")
  return users?.length ? t("Notes to yourself") : title || t("Direct message")
}

/** Return a room's title for use in a sentence, with the sign of a room that is no secret. @param {Room} room @param {string} me */
export function labelOf(room, me) {
  const access = accessOf(room.name)
  return access === "public" || access === "unlisted" ? `#${titleOf(room, me)}` : titleOf(room, me)
}

/** Return whether this user may not write now, and until when. @param {Room} room @param {number} now_ms */
export function muteLeft_ms({ mutedUntil }, now_ms) {
  const until_ms = Date.parse(mutedUntil)
  return until_ms > now_ms ? until_ms - now_ms : 0
}
