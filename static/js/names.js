// @ts-check
// Telling people apart: colours, suffixes, mentions. Pure.

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

/** Who is called what. Names need not be unique; a suffix tells namesakes apart. */
export class NameBook {
  /** @type {Map<string, Set<string>>} name, folded → users */
  #users = new Map()

  /**
   * Learn that `user` is called `name`; return whether that made the name ambiguous.
   * @param {string} user @param {string} name
   */
  add(user, name) {
    const folded = name.toLowerCase()
    const users = this.#users.get(folded) ?? new Set()
    this.#users.set(folded, users)
    const before = users.size
    users.add(user)
    return before > 0 && users.size > before
  }

  /**
   * Return what to show behind `name`: nothing, or a short end of the user's id.
   * @param {string} user @param {string} name
   */
  suffix(user, name) {
    const isShared = (this.#users.get(name.toLowerCase())?.size ?? 0) > 1
    return isShared ? `·${user.slice(-4)}` : ""
  }
}

/**
 * Return whether `text` holds `@name` as a whole word, whatever the case.
 * @param {string} name @param {string} text
 */
export function isMentioned(name, text) {
  const [where, wanted] = [text.toLowerCase(), `@${name.toLowerCase()}`]
  for (let at = where.indexOf(wanted); at !== -1; at = where.indexOf(wanted, at + 1)) {
    const before = [...where.slice(0, at)].at(-1) ?? ""
    const [after = ""] = where.slice(at + wanted.length)
    if (!isOfWord(before) && !isOfWord(after)) return true
  }
  return false
}

/** @param {string} character */
function isOfWord(character) {
  return /^[\p{L}\p{N}_-]$/u.test(character)
}
