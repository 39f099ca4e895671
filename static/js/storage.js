// @ts-check
// What outlives a reload. Storage may be full or forbidden; then things just don't outlive it.
//
// What somebody wrote is theirs: it is kept under their id, and removed when they sign out.

const NETWORK = "parley.network" // of the browser, whoever uses it
const UNOWNED = /^parley\.draft\./ // as kept before anything had an owner

/** @type {Set<string>} users whose data was removed, and is not to be kept again */
const forgotten = new Set()

/** Return the name under which something of a user's own is kept. @param {string} user @param {string} what */
export const keyOf = (user, what) => `parley.${user}.${what}`

/** @param {string} user @param {string} room */
export function loadDraft(user, room) {
  return attempt(() => localStorage.getItem(keyOf(user, `draft.${room}`))) ?? ""
}

/** Keep a draft, one for all tabs of a browser. @param {string} user @param {string} room @param {string} text */
export function saveDraft(user, room, text) {
  keep(() => localStorage, user, `draft.${room}`, text)
}

/**
 * An edit that has been begun: what is edited, and how far it has got.
 * @typedef {{ offset?: number, epoch?: string, key: string, text: string, value: string }} Editing
 */

/** @param {string} user @param {string} room @returns {Editing | null} */
export function loadEditing(user, room) {
  return attempt(() => JSON.parse(localStorage.getItem(keyOf(user, `editing.${room}`)) ?? "null")) ?? null
}

/** @param {string} user @param {string} room @param {Editing | null} editing */
export function saveEditing(user, room, editing) {
  keep(() => localStorage, user, `editing.${room}`, editing ? JSON.stringify(editing) : "")
}

/** Remove all that `user` has here, for good: they have signed out. @param {string} user */
export function forget(user) {
  forgotten.add(user)
  removeAll((key) => key.startsWith(keyOf(user, "")))
}

/** Whether a user has signed out here. @param {string} user */
export function isForgotten(user) {
  return forgotten.has(user)
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
