// @ts-check
// The addresses of rooms and their messages.

import { BASE } from "./engine/base.js"

/** @param {string} room @param {number} [offset] of a message there */
export function pathOf(room, offset) {
  return `${BASE}/rooms/${room}${offset === undefined ? "" : `/${offset}`}`
}

/**
 * Return what the path of a page's address names; nothing where it names no room.
 * @param {string} path
 * @returns {{ room?: string, offset?: number }}
 */
export function roomAt(path) {
  const [, folder, room, offset] = path.slice(BASE.length).split("/")
  if (folder !== "rooms") return {}
  return offset ? { room, offset: Number(offset) } : { room }
}
