// @ts-check
// Distinguishes people by colours and suffixes. Pure.

import { t } from "./texts.js"

const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz-_"
export const HUES = 12 // as many as can be distinguished at one lightness

/** Return the number of a user's colour, one of HUES. chat/web/hues.py computes the same. @param {string} user */
export function hueOf(user) {
  let hash = 0
  for (const character of user.toLowerCase()) {
    hash = (hash * 31 + ALPHABET.indexOf(character) + 1) % 65521
  }
  return hash % HUES
}

/** Return whether a user is a program: a bot or a webhook. @param {string} user */
export function isBot(user) {
  return user.startsWith("bot-")
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" })

/** Return the initial shown in a name's circle: its first letter. @param {string} name */
export function initialOf(name) {
  const [first] = graphemes.segment(name)
  return first?.segment.toLocaleUpperCase() ?? "?"
}

/** @typedef {{ user: string, name: string, skeleton?: string }} Named as in pushes */

const MARK = "·" // no name may end with this mark and the end of a user's id: chat/rooms/names.py
const TAIL = 4 // usual number of characters of a user's id; more if needed

/**
 * The names of users. Names need not be unique; a suffix distinguishes people whose names are the same
 * or look the same. The server decides which names look the same: their `skeleton` is equal.
 */
export class NameBook {
  /** @type {Map<string, Set<string>>} */ #users = new Map() // by a key that is equal for equal names
  /** @type {Map<string, string>} */ #skeletons = new Map() // by name
  /** @type {Map<string, string>} */ #latest = new Map() // by user

  /** Add a user's name; return whether that made the name ambiguous. @param {Named} person */
  add({ user, name, skeleton = name.toLowerCase() }) {
    this.#skeletons.set(name, skeleton)
    this.#latest.set(user, name)
    let isAmbiguous = false
    for (const key of this.#keysOf(name)) {
      const users = this.#users.get(key) ?? new Set()
      this.#users.set(key, users)
      isAmbiguous ||= users.size > 0 && !users.has(user)
      users.add(user)
    }
    return isAmbiguous
  }

  /**
   * Return the suffix to show after `name`: empty, or the end of the user's id, long enough that no
   * other user of that name has the same.
   * @param {string} user @param {string} name
   */
  suffix(user, name) {
    const namesakes = this.#keysOf(name).flatMap((key) => [...(this.#users.get(key) ?? [])])
    const others = namesakes.filter((other) => other !== user)
    if (others.length === 0) return ""
    let length = TAIL
    while (length < user.length && others.some((other) => other.endsWith(user.slice(-length)))) length += TAIL
    return MARK + user.slice(-length)
  }

  /** Return all users with the names that they had last. @returns {{ user: string, name: string }[]} */
  everybody() {
    return [...this.#latest].map(([user, name]) => ({ user, name }))
  }

  /** Return the name that a user had last, with its suffix. @param {string} user */
  nameOf(user) {
    const name = this.#latest.get(user)
    return name === undefined ? t("somebody") : this.full({ user, name })
  }

  /** Return the name with its suffix, for places that hold only text. @param {Named} person */
  full({ user, name }) {
    return name + this.suffix(user, name)
  }

  /** @param {string} name */
  #keysOf(name) {
    return [`looks ${this.#skeletons.get(name) ?? name.toLowerCase()}`, `reads ${name.toLowerCase()}`]
  }
}
