// @ts-check
// Stores the outbox, so that it survives a reload and a closed tab. Each entry is a separate item, so
// that two tabs writing at the same moment do not overwrite each other; all tabs of a user share them.

import { attempt, isForgotten, keyOf } from "./storage.js"

/** @import { Entry, Outbox } from "./outbox.js" */

const NAME = "outbox."
const OLD = "parley.outbox" // the outbox of one tab, as stored by versions in which tabs did not share it

export class OutboxStorage {
  #prefix
  /** @type {Set<string>} */ #unkept = new Set() // keys of entries that could not be stored: full, or forbidden
  #user

  /** @param {string} user */
  constructor(user) {
    this.#user = user
    this.#prefix = keyOf(user, NAME)
  }

  /** Whether all entries are stored and so survive this page. */
  get isKept() {
    return this.#unkept.size === 0
  }

  /** @returns {Outbox} the stored entries */
  load() {
    const names = () => Object.keys(localStorage).filter((name) => name.startsWith(this.#prefix))
    // It fails if storage is forbidden, or its content is not ours.
    return attempt(() => names().map((name) => JSON.parse(localStorage.getItem(name) ?? ""))) ?? []
  }

  /** Return and remove the entries that a page of an earlier version left in this tab. @returns {any[]} */
  popOld() {
    const old = attempt(() => JSON.parse(sessionStorage.getItem(OLD) ?? "null"))
    attempt(() => sessionStorage.removeItem(OLD))
    return old?.user === this.#user && Array.isArray(old.entries) ? old.entries : []
  }

  /** Store the difference between two outboxes. @param {Outbox} before @param {Outbox} after */
  save(before, after) {
    const old = new Map(before.map((entry) => [entry.key, entry]))
    for (const entry of after) {
      if (old.get(entry.key) !== entry) this.#put(entry)
      old.delete(entry.key)
    }
    for (const key of old.keys()) this.#remove(key)
  }

  /** Return the stored entries, which another tab may have changed, and the unkept ones of `outbox`. @param {Outbox} outbox */
  merge(outbox) {
    return [...this.load(), ...outbox.filter(({ key }) => this.#unkept.has(key))]
  }

  /** Return whether an entry is still to be sent: another tab may have deleted it. @param {string} key */
  has(key) {
    return this.#unkept.has(key) || attempt(() => localStorage.getItem(this.#prefix + key)) !== null
  }

  /** @param {() => void} listener called when another tab has changed something */
  onChange(listener) {
    globalThis.addEventListener?.("storage", ({ key }) => {
      if (key === null || key.startsWith(this.#prefix)) listener()
    })
  }

  /** @param {Entry} entry */
  #put(entry) {
    if (isForgotten(this.#user)) return
    try {
      localStorage.setItem(this.#prefix + entry.key, JSON.stringify(entry))
      this.#unkept.delete(entry.key)
    } catch {
      this.#unkept.add(entry.key)
    }
  }

  /** @param {string} key */
  #remove(key) {
    this.#unkept.delete(key)
    attempt(() => localStorage.removeItem(this.#prefix + key))
  }
}
