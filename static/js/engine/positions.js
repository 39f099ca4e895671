// @ts-check
// Where a reader stands in its rooms, and what a push means to it. No DOM, no socket.

import { formatCursor, parseCursor } from "./cursor.js"

/** @import { Position } from "./cursor.js" */
/** @import { Push } from "../transports/transport.js" */

const UNLOGGED = new Set(["resync", "ok"]) // though they tell a place

/**
 * Whether a push is in the log: it tells its place there. So one of a type that only a newer server
 * knows is counted, too; else what comes behind it would look like a hole, for ever.
 * @param {Push} push
 */
export const isLogged = ({ type, epoch }) => epoch !== undefined && !UNLOGGED.has(type)

/** @typedef {"apply" | "duplicate" | "gap"} Verdict gap: attach again at the cursor, or read on from it */

export class Positions {
  user = ""
  /** @type {Map<string, Position>} */
  #positions
  /** @type {Map<string, number>} by room and kind, the offset of the last notification */
  #notified = new Map()

  /** @param {string} [cursor] */
  constructor(cursor = "") {
    this.#positions = parseCursor(cursor)
  }

  get cursor() {
    return formatCursor(this.#positions)
  }

  /** @param {string} room */
  has(room) {
    return this.#positions.has(room)
  }

  /** @param {string} room */
  at(room) {
    return this.#positions.get(room)
  }

  /** Begin to read a room behind `position`, unless it is read already. @param {string} room @param {Position} position */
  enter(room, { epoch, offset }) {
    if (!this.has(room)) this.#positions.set(room, { epoch, offset })
  }

  /** @param {string} room */
  leave(room) {
    this.#positions.delete(room)
  }

  /** Whether a reader at `cursor` knows of more. @param {string} cursor */
  isBehind(cursor) {
    return [...parseCursor(cursor)].some(([room, { epoch, offset }]) => {
      const known = this.at(room)
      return known?.epoch !== epoch || known.offset < offset
    })
  }

  /**
   * Move on by a push, and return what to do with it. A gap and a strange epoch are both answered
   * by the server, which sends what is missing, or says `resync`.
   * @param {Push} push @returns {Verdict}
   */
  take(push) {
    if (isLogged(push)) return this.#logged(push)
    if (push.type === "hello") this.#hello(push)
    if (push.type === "resync") {
      const known = this.at(push.room)
      if (known?.epoch === push.epoch && known?.offset === push.offset) return "duplicate"
      this.#positions.set(push.room, { epoch: push.epoch, offset: push.offset })
    }
    if (push.type === "notification") return this.#notification(push)
    if (push.type === "heartbeat" && this.#isBelow(push.tops)) return "gap"
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
      if (type !== "joined" || !isMine) return "duplicate" // of a room just left
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

  /** It stands in no log, but is about what does. @param {Push} push @returns {Verdict} */
  #notification({ room, kind, offset }) {
    const about = `${room} ${kind}`
    if (offset <= (this.#notified.get(about) ?? -1)) return "duplicate"
    this.#notified.set(about, offset)
    return "apply"
  }

  /**
   * A heartbeat tells where the server stands, so that an idle client sees a hole, too.
   * @param {Record<string, string>} tops room → `epoch:offset`
   */
  #isBelow(tops) {
    return Object.entries(tops).some(([room, top]) => {
      const known = this.at(room)
      if (!known) return false // its `joined` is still on the way
      const [epoch, offset] = top.split(":")
      return epoch !== known.epoch || Number(offset) > known.offset
    })
  }
}
