// @ts-check
// The positions of a reader in its rooms, and what to do with each push. No DOM, no socket.

import { formatCursor, parseCursor } from "./cursor.js"

/** @import { Position } from "./cursor.js" */
/** @import { Push } from "../transports/transport.js" */

/** The commands after which this user reads the room that the reply names. */
export const ENTERING = new Set(["join", "create", "direct"])
const UNLOGGED = new Set(["resync", "ok"]) // though they carry a position

/**
 * Return whether a push is in the log, that is, carries its position there. This also counts types
 * that only a newer server knows; otherwise every later entry would look like a gap, for ever.
 * @param {Push} push
 */
export const isLogged = ({ type, epoch }) => epoch !== undefined && !UNLOGGED.has(type)

/** @typedef {"apply" | "duplicate" | "gap"} Verdict gap: attach again at the cursor, or continue reading from it */

export class Positions {
  user = ""
  /** @type {Map<string, Position>} */ #positions
  /** @type {Map<string, number>} */ #notified = new Map() // by room and kind, the offset of the last notification

  /** @param {string} [cursor] */
  constructor(cursor = "") {
    this.#positions = parseCursor(cursor)
  }

  get cursor() {
    return formatCursor(this.#positions)
  }

  /** @param {string} room */
  at(room) {
    return this.#positions.get(room)
  }

  /** Start reading a room after `position`, unless it is already read. @param {string} room @param {Position} position */
  enter(room, { epoch, offset }) {
    if (!this.at(room)) this.#positions.set(room, { epoch, offset })
  }

  /** @param {string} room */
  leave(room) {
    this.#positions.delete(room)
  }

  /** Return whether a reader at `cursor` has seen more than this one. @param {string} cursor */
  isBehind(cursor) {
    return [...parseCursor(cursor)].some(([room, { epoch, offset }]) => {
      const known = this.at(room)
      return known?.epoch !== epoch || known.offset < offset
    })
  }

  /**
   * Advance by one push, and return what to do with it. For a missing offset and for another epoch
   * the verdict is the same: the server then sends the missing entries, or `resync`.
   * @param {Push} push @returns {Verdict}
   */
  judge(push) {
    if (isLogged(push)) return this.#logged(push)
    if (push.type === "hello") this.#hello(push)
    if (push.type === "resync") {
      const known = this.at(push.room)
      if (known?.epoch === push.epoch && known?.offset === push.offset) return "duplicate"
      this.#positions.set(push.room, { epoch: push.epoch, offset: push.offset })
    }
    if (push.type === "notification") return this.#notification(push)
    if (push.type === "heartbeat" && this.#isBehindTops(push.tops)) return "gap"
    return "apply"
  }

  /** @param {Push} hello */
  #hello({ user, rooms }) {
    this.user = user
    const mine = new Set()
    for (const { room, epoch, offset } of rooms) {
      mine.add(room)
      this.enter(room, { epoch, offset })
    }
    for (const room of [...this.#positions.keys()]) if (!mine.has(room)) this.leave(room)
  }

  /** @param {Push} push @returns {Verdict} */
  #logged(push) {
    const { type, room, epoch, offset } = push
    const isMine = push.user === this.user
    const known = this.at(room)
    if (!known) {
      if (type !== "joined" || !isMine) return "duplicate" // its room has just been left
      this.enter(room, { epoch, offset })
      return "apply"
    }
    if (epoch !== known.epoch) return "gap"
    if (offset <= known.offset) return "duplicate"
    if (offset > known.offset + 1) return "gap"
    this.#positions.set(room, { epoch, offset })
    if (type === "left" && isMine) this.leave(room)
    return "apply"
  }

  /** Apply each notification once. It is not in a log, but refers to an entry. @param {Push} push @returns {Verdict} */
  #notification({ room, kind, offset }) {
    const about = `${room} ${kind}`
    if (offset <= (this.#notified.get(about) ?? -1)) return "duplicate"
    this.#notified.set(about, offset)
    return "apply"
  }

  /** Return whether a heartbeat shows a gap, which an idle client would not notice. @param {Record<string, string>} tops room → `epoch:offset` */
  #isBehindTops(tops) {
    return Object.entries(tops).some(([room, top]) => {
      const known = this.at(room)
      if (!known) return false // its `joined` has not arrived yet
      const [epoch, offset] = top.split(":")
      return epoch !== known.epoch || Number(offset) > known.offset
    })
  }
}
