// @ts-check
// Who is typing: the others, and how often to tell them that this user is.

/** @import { Room } from "./room.js" */

const SHOWN_MS = 5000
const EVERY_MS = 3000

export class Typing {
  #toldAt_ms = 0
  #onChange

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange
  }

  /** Show for SHOWN_MS that somebody is typing in a room. @param {Room} room @param {string} user @param {string} name */
  heard({ typing }, user, name) {
    typing.set(user, { name, until_ms: Date.now() + SHOWN_MS })
    this.#onChange()
    setTimeout(() => {
      if ((typing.get(user)?.until_ms ?? Infinity) > Date.now()) return
      typing.delete(user)
      this.#onChange()
    }, SHOWN_MS + 10)
  }

  /** Return whether to tell the others now: at most once in EVERY_MS. */
  isDue() {
    const now_ms = Date.now()
    const isDue = now_ms - this.#toldAt_ms >= EVERY_MS
    if (isDue) this.#toldAt_ms = now_ms
    return isDue
  }

  /** Tell them at once when this user types again: a message was sent. */
  sent() {
    this.#toldAt_ms = 0
  }
}
