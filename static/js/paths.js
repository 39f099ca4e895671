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

const PLACE = /^\/rooms\/([a-z0-9][a-z0-9_-]{0,63})(?:\/([1-9]\d{0,14}))?$/

/**
 * Return the room and message of this server that a link leads to; null if it leads elsewhere.
 * @param {{ origin: string, pathname: string, search: string, hash: string }} link @param {string} here this server's origin
 * @returns {{ room: string, offset: number | null } | null}
 */
export function placeOf({ origin, pathname, search, hash }, here) {
  if (origin !== here || search || hash || !pathname.startsWith(`${BASE}/`)) return null
  const [, room, offset] = PLACE.exec(pathname.slice(BASE.length)) ?? []
  return room === undefined ? null : { room, offset: offset === undefined ? null : Number(offset) }
}
