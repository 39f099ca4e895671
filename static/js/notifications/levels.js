// @ts-check
// What this user wants to be notified of in each room, as the server has it. Pure.

import { accessOf } from "../room_info.js"

/** @typedef {"all" | "mentions" | "nothing"} Level */

class Levels {
  /** @type {Map<string, Level>} */ #chosen = new Map()

  /** @param {Record<string, Level>} chosen those that are not the default */
  learn(chosen) {
    this.#chosen = new Map(Object.entries(chosen))
  }

  /** @param {string} room @param {Level} level */
  set(room, level) {
    this.#chosen.set(room, level)
  }

  /** @param {string} room @returns {Level} */
  of(room) {
    return this.#chosen.get(room) ?? (accessOf(room) === "direct" ? "all" : "mentions")
  }
}

export const levels = new Levels()
