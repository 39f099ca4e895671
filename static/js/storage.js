// @ts-check
// What outlives a reload. Storage may be full or forbidden; then things just don't outlive it.
//
// What somebody wrote is theirs: it is kept under their id, and removed when they sign out.

/** @import { Outbox } from "./outbox.js" */

const NETWORK = "parley.network" // of the browser, whoever uses it
const UNOWNED = /^parley\.(draft\.|outbox$)/ // as kept before anything had an owner

/** @type {Set<string>} users whose data was removed, and is not to be kept again */
const forgotten = new Set()

/** @param {string} user @param {string} what */
const keyOf = (user, what) => `parley.${user}.${what}`

/** @param {string} user @param {string} room */
export function loadDraft(user, room) {
  return attempt(() => localStorage.getItem(keyOf(user, `draft.${room}`))) ?? ""
}

/** Keep a draft, one for all tabs of a browser. @param {string} user @param {string} room @param {string} text */
export function saveDraft(user, room, text) {
  keep(() => localStorage, user, `draft.${room}`, text)
}

/**
 * Return what `user` wrote that is in no log yet; nothing of anybody else.
 * @param {string} user
 * @returns {Outbox}
 */
export function loadOutbox(user) {
  const saved = attempt(() => JSON.parse(sessionStorage.getItem(keyOf(user, "outbox")) ?? "null"))
  return Array.isArray(saved) ? saved : []
}

/**
 * Keep what is unsent in this tab only: two tabs must not both show and retry it.
 * @param {string} user @param {Outbox} entries
 */
export function saveOutbox(user, entries) {
  const lasting = entries.filter((entry) => entry.state !== "sent") // a sent one is in the log
  keep(() => sessionStorage, user, "outbox", lasting.length > 0 ? JSON.stringify(lasting) : "")
}

/** Remove all that `user` has here, for good: they have signed out. @param {string} user */
export function forget(user) {
  forgotten.add(user)
  removeAll((key) => key.startsWith(keyOf(user, "")))
}

/** Remove what nobody knows the owner of. */
export function removeUnowned() {
  removeAll((key) => UNOWNED.test(key))
}

/** Return what was known of the network when a page of this browser last told. */
export function loadMemory() {
  return attempt(() => JSON.parse(localStorage.getItem(NETWORK) ?? "null"))
}

/** @param {unknown} memory */
export function saveMemory(memory) {
  attempt(() => localStorage.setItem(NETWORK, JSON.stringify(memory)))
}

/** @param {() => Storage} storage asking for it may fail @param {string} user @param {string} what @param {string} text "": nothing */
function keep(storage, user, what, text) {
  if (forgotten.has(user)) return
  const key = keyOf(user, what)
  attempt(() => (text === "" ? storage().removeItem(key) : storage().setItem(key, text)))
}

/** @param {(key: string) => boolean} isIt */
function removeAll(isIt) {
  for (const storage of [() => localStorage, () => sessionStorage]) {
    attempt(() => {
      for (const key of Object.keys(storage())) if (isIt(key)) storage().removeItem(key)
    })
  }
}

/**
 * @template T
 * @param {() => T} work
 * @returns {T | undefined}
 */
function attempt(work) {
  try {
    return work()
  } catch {
    return undefined
  }
}
