// @ts-check
// The cursor of a reader: one `room:epoch:offset` for each of its rooms, joined by commas. Pure.

/** @typedef {{ epoch: string, offset: number }} Position */

const PART = /^([a-z0-9][a-z0-9_-]{0,63}):([a-z0-9]{1,16}):(0|[1-9][0-9]{0,15})$/

/**
 * Return the positions in `text` by room; none for an empty text.
 * @param {string} text @returns {Map<string, Position>}
 * @throws {RangeError} if `text` is not a cursor; a page that received one must reload.
 */
export function parseCursor(text) {
  const positions = new Map()
  for (const part of text === "" ? [] : text.split(",")) {
    const match = PART.exec(part)
    if (!match || positions.has(match[1])) throw new RangeError(`not a cursor: ${text}`)
    positions.set(match[1], { epoch: match[2], offset: Number(match[3]) })
  }
  return positions
}

/** Return the text that parseCursor reads, rooms in the order of `positions`. @param {Iterable<[string, Position]>} positions */
export function formatCursor(positions) {
  return [...positions].map(([room, { epoch, offset }]) => `${room}:${epoch}:${offset}`).join(",")
}

/** Return whether two cursors are of the same rooms, in any order. @param {string} a @param {string} b */
export function hasSameRooms(a, b) {
  const rooms = (/** @type {string} */ cursor) => [...parseCursor(cursor).keys()].sort().join()
  return rooms(a) === rooms(b)
}
