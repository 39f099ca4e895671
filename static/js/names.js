// @ts-check
// Telling people apart: colours and suffixes. Pure.

const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz-_"
export const HUES = 12 // as many as can be told apart at one lightness

/**
 * Return which of HUES colours a user has. templates/_message.html computes the same.
 * @param {string} user
 */
export function hueOf(user) {
  let hash = 0
  for (const character of user.toLowerCase()) {
    hash = (hash * 31 + ALPHABET.indexOf(character) + 1) % 65521
  }
  return hash % HUES
}

/**
 * Return the sign in a name's circle: its first letter.
 * @param {string} name
 */
export function initialOf(name) {
  const [first] = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(name)
  return first?.segment.toLocaleUpperCase() ?? "?"
}

/** @typedef {{ user: string, name: string, skeleton?: string }} Named as pushes have them */

const MARK = "·" // no name ends with it and the end of a user's id: chat/rooms/names.py
const TAIL = 4 // characters of a user's id, as a rule

/**
 * Who is called what. Names need not be unique; a suffix tells people apart whose names are the
 * same or look the same. What looks the same is for the server to say: `skeleton`.
 */
export class NameBook {
  /** @type {Map<string, Set<string>>} what is equal for namesakes → users */
  #users = new Map()
  /** @type {Map<string, string>} name → what it looks like */
  #skeletons = new Map()

  /**
   * Learn what somebody is called; return whether that made the name ambiguous.
   * @param {Named} person
   */
  add({ user, name, skeleton = name.toLowerCase() }) {
    this.#skeletons.set(name, skeleton)
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
   * Return what to show behind `name`: nothing, or an end of the user's id that no namesake has.
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

  /**
   * Return the name with its suffix, for where there is only text.
   * @param {Named} person
   */
  full({ user, name }) {
    return name + this.suffix(user, name)
  }

  /** @param {string} name */
  #keysOf(name) {
    return [`looks ${this.#skeletons.get(name) ?? name.toLowerCase()}`, `reads ${name.toLowerCase()}`]
  }
}
