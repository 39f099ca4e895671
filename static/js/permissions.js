// @ts-check
// What the page offers a person to do in a room. The server decides by chat/rooms/permissions.py, and
// says no in words; this only keeps what it would refuse out of the menus. Pure.

import { accessOf, LOBBY } from "./room_info.js"

/** @import { Room } from "./room.js" */
/** @import { Role } from "./room_info.js" */

/** @typedef {"owner" | "member" | "guest" | "bot"} ServerRole */
/** @typedef {"describe" | "hooks" | "webhooks" | "regulate" | "archive" | "invite" | "delete" | "mute" | "kick" | "ban" | "role" | "remove" | "leave" | "write" | "report"} Action */

const RANKS = { member: 0, moderator: 1, owner: 2 }

/** Return what somebody is in a room: a server's owner is one wherever they may read. @param {Room} room @param {ServerRole} server @returns {Role | null} */
export function roleIn(room, server) {
  const isClosed = ["private", "direct"].includes(accessOf(room.name))
  if (server === "owner" && (room.isMember || !isClosed)) return "owner"
  return room.isMember ? (room.role ?? "member") : null
}

/**
 * Return whether to offer an action.
 * @param {Action} action @param {Room} room @param {ServerRole} server this user's role @param {Role} [whom] the role of the person it is done to
 */
export function mayDo(action, room, server, whom = "member") {
  const access = accessOf(room.name)
  const role = roleIn(room, server)
  if (role === null) return false
  const rank = RANKS[role]
  const isLobby = room.name === LOBBY
  const isDirect = access === "direct" // a talk between equals
  switch (action) {
    case "report":
      return room.isMember
    case "leave":
      return room.isMember && !isLobby
    case "write":
      return !room.isArchived && (!room.isLocked || rank > 0)
    case "invite":
      return !isDirect && !isLobby && room.isMember
    case "describe":
      return room.isMember && (isDirect || rank > 0)
    case "regulate":
    case "hooks":
    case "delete":
      return room.isMember && !isDirect && rank > 0
    case "mute":
      return room.isMember && !isDirect && rank > RANKS[whom]
    case "ban":
    case "kick":
      return room.isMember && !isDirect && !isLobby && rank > RANKS[whom]
    case "role":
      return room.isMember && !isDirect && rank === RANKS.owner && rank > RANKS[whom]
    case "archive":
    case "webhooks":
      return room.isMember && !isDirect && rank === RANKS.owner
    case "remove":
      return room.isMember && !isDirect && !isLobby && rank === RANKS.owner
  }
}
