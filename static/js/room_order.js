// @ts-check
// The order of the rooms in the sidebar, and the way through it. Pure.

import { accessOf, LOBBY, titleOf } from "./room_info.js"

/** @import { Room } from "./room.js" */

const natural = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" }) // t2 before t10

/** Return this user's rooms and direct rooms, each in the order in which they are shown. @param {Iterable<Room>} rooms @param {string} me */
export function inOrder(rooms, me) {
  const mine = [...rooms].filter(({ isMember }) => isMember)
  const titles = new Map(mine.map((each) => [each, titleOf(each, me)]))
  mine.sort((a, b) => Number(b.name === LOBBY) - Number(a.name === LOBBY) || natural.compare(titles.get(a) ?? "", titles.get(b) ?? ""))
  const isDirect = (/** @type {Room} */ { name }) => accessOf(name) === "direct"
  return { rooms: mine.filter((each) => !isDirect(each)), directs: mine.filter(isDirect) }
}

/**
 * Return the room `step` places further, around the ends of the list; undefined if there is no other.
 * @param {readonly Room[]} rooms in order @param {string} current @param {1 | -1} step @param {(room: Room) => boolean} [isMeant] skips others
 */
export function neighbour(rooms, current, step, isMeant = () => true) {
  const at = rooms.findIndex(({ name }) => name === current)
  const start = at < 0 && step < 0 ? 0 : at // from a room that is not in the list: to its first, or last
  for (let count = 1; count <= rooms.length; count++) {
    const room = rooms[(((start + count * step) % rooms.length) + rooms.length) % rooms.length]
    if (room.name !== current && isMeant(room)) return room
  }
  return undefined
}
