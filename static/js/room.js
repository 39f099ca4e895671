// @ts-check
// The state of one room on this page: its unread messages, the place of the "new" line. No DOM, no
// socket; the functions change the room that they are given.

import * as timelines from "./timeline.js"

/** @import { Role } from "./room_info.js" */
/** @import { Logged, Timeline } from "./timeline.js" */

/** @typedef {{ user: string, name: string, skeleton?: string, away?: string }} Person skeleton: equal for names that look alike, see names.js; away: what they say of being away */
/**
 * @typedef {object} Room
 * @property {string} name @property {boolean} isMember @property {boolean} exists @property {number} unread
 * @property {number[]} unreadOffsets offsets of the unread messages after `since`
 * @property {number} since the offset up to which the server has counted
 * @property {boolean} isMentioned an unread message mentions this user
 * @property {number} newFrom the offset of the first message under the "new" line, 0 for none
 * @property {boolean} hasSeenNew the line was on a visible screen; the next unseen message moves it
 * @property {number} readTo the offset up to which the server knows that it is read; 0: never been there
 * @property {number} count of the people present
 * @property {Person[] | null} people null if they are too many to list
 * @property {Map<string, { name: string, until_ms: number }>} typing by user
 * @property {Timeline | null} timeline null until the room is shown
 * @property {Timeline | null} incoming collects live pushes while a page is being loaded
 * @property {number} loads how often the timeline has been reloaded
 * @property {boolean} isKnown the server has described the room: what follows is up to date
 * @property {boolean} isTitled it has told at least what the room is called
 * @property {string} title "" if the name is shown @property {string} topic
 * @property {boolean} isLocked @property {boolean} isArchived @property {number} slowMode_s
 * @property {Role | null} role of this user @property {string} mutedUntil when this user may write again, RFC 3339
 * @property {Map<string, Role>} roles of users who have another one than member
 * @property {Person[] | null} users of a direct room
 */

/** @param {string} name @returns {Room} */
export function newRoom(name) {
  return {
    name, isMember: false, exists: true, unread: 0, unreadOffsets: [], since: 0, isMentioned: false, newFrom: 0, hasSeenNew: false, readTo: 0,
    count: 0, people: [], typing: new Map(), timeline: null, incoming: null, loads: 0,
    isKnown: false, isTitled: false, title: "", topic: "", isLocked: false, isArchived: false, slowMode_s: 0, role: null, mutedUntil: "", roles: new Map(), users: null,
  } // prettier-ignore
}

/** The rooms of this page by name. @extends {Map<string, Room>} */
export class Rooms extends Map {
  /** How many messages are unread in the rooms of which this user is a member. */
  get unread() {
    return [...this.values()].reduce((sum, room) => sum + (room.isMember ? room.unread : 0), 0)
  }

  /** Return a room, made if it is new. @param {string} name @param {Partial<Room>} [known] @returns {Room} */
  ensure(name, known) {
    const room = this.get(name) ?? newRoom(name)
    this.set(name, room)
    return Object.assign(room, known)
  }
}

/**
 * Fold the next entry of the room's log.
 * @param {Room} room @param {Logged} push
 * @param {{ isMine: boolean, isShown: boolean, isWatched: boolean }} seen isWatched: the log's end is on a visible screen
 */
export function applyLogged(room, push, { isMine, isShown, isWatched }) {
  if (room.incoming) room.incoming = timelines.apply(room.incoming, push)
  if (room.timeline) {
    const timeline = timelines.apply(room.timeline, push)
    // Remove nothing while somebody may be reading further up.
    room.timeline = isShown && !isWatched ? timeline : timelines.trimTop(timeline)
  }
  if (push.type !== "message") return
  room.typing.delete(push.user)
  if (isMine) {
    learnUnread(room, 0, push.offset) // a user who writes has read the messages before
    room.newFrom = 0
  } else if (!isWatched && push.offset > room.readTo) {
    room.unreadOffsets.push(push.offset)
    room.unread++
    if (room.newFrom === 0 || room.hasSeenNew) room.newFrom = push.offset
    room.hasSeenNew = false
  }
}

/** Take over the server's count of unread messages up to `since`. @param {Room} room @param {number} unread @param {number} since */
export function learnUnread(room, unread, since) {
  Object.assign(room, { unread, since, unreadOffsets: [] })
}

/**
 * Note how far this user has read, here or elsewhere. The server counted when it received that. Messages
 * since then, which may arrive before this push on another path, are counted here.
 * @param {Room} room @param {{ offset: number, unread: number }} push
 */
export function applyRead(room, { offset, unread }) {
  room.readTo = Math.max(room.readTo, offset)
  room.unreadOffsets = room.unreadOffsets.filter((unread) => unread > offset)
  const rest = room.unreadOffsets.length
  room.unread = offset >= room.since ? rest : Math.max(unread, rest)
  room.isMentioned &&= room.unread > 0
  room.hasSeenNew ||= room.unread === 0
}

/**
 * Return the offset up to which the room has been read, here or elsewhere, as far as this page knows; 0
 * for none. Of whoever has never been in the lobby nothing there counts as unread.
 * @param {Room} room
 */
export function readUpTo({ isMember, readTo, since, unread }) {
  return readTo > 0 && isMember && unread === 0 ? Math.max(readTo, since) : readTo
}

/** Put the "new" line before the first unread message, unless the line is already shown. @param {Room} room @param {string} me */
export function markNew(room, me) {
  if (!room.timeline || room.newFrom > 0) return
  room.newFrom = timelines.firstUnread(room.timeline.items, room.unread, me)
  room.hasSeenNew = false
}

/** Note that the end of the log is on a visible screen. @param {Room} room @returns {number} the offset to report; 0 if it is known */
export function markRead(room) {
  if (!room.isMember || !room.timeline || room.timeline.moreAfter) return 0
  const { newest } = room.timeline
  learnUnread(room, 0, newest)
  room.hasSeenNew = true
  room.isMentioned = false
  if (newest <= room.readTo) return 0
  room.readTo = newest
  return newest
}
