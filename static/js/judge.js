// @ts-check
// What to do with a logged push, given where this room stands. No DOM, no socket.

/** @import { Position } from "./cursor.js" */

/**
 * A gap and a strange epoch are both answered by attaching again at the old cursor: the server
 * then sends what is missing, or says `resync`.
 * @param {Position} position the last entry seen of the room
 * @param {Position} push
 * @returns {"apply" | "duplicate" | "gap" | "resync"}
 */
export function judge(position, { epoch, offset }) {
  if (epoch !== position.epoch) return "resync"
  if (offset <= position.offset) return "duplicate"
  return offset === position.offset + 1 ? "apply" : "gap"
}

/**
 * Return the rooms of a heartbeat's tops that are ahead of what was seen: a hole that an idle
 * client would otherwise not notice.
 * @param {ReadonlyMap<string, Position>} positions
 * @param {Record<string, string>} tops room → `epoch:offset`
 */
export function roomsBehind(positions, tops) {
  return Object.entries(tops).flatMap(([room, top]) => {
    const seen = positions.get(room)
    const [epoch, offset] = top.split(":")
    if (!seen) return [] // its `joined` is still on the way
    return epoch !== seen.epoch || Number(offset) > seen.offset ? [room] : []
  })
}
