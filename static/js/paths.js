// @ts-check
// The addresses of rooms and their messages.

import { BASE } from "./engine/base.js"

/** Return the path of a room or of a message in it. @param {string} room @param {number} [offset] of the message */
export function pathOf(room, offset) {
  return `${BASE}/rooms/${room}${offset === undefined ? "" : `/${offset}`}`
}

/**
 * Return the room and message that the path of a page's address names; empty if it names no room.
 * @param {string} path @returns {{ room?: string, offset?: number }}
 */
export function roomAt(path) {
  const [, folder, room, offset] = path.slice(BASE.length).split("/")
  if (folder !== "rooms") return {}
  return offset ? { room, offset: Number(offset) } : { room }
}
