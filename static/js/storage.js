// @ts-check
// Stores what survives a reload. Storage may be full or forbidden; then nothing survives.
//
// What a user wrote belongs to that user: it is stored under the user's id, and removed on sign-out.

const NETWORK = "parley.network" // belongs to the browser, for all its users
const UNOWNED = /^parley\.draft\./ // drafts of versions that stored them without an owner

/** @type {Set<string>} */ const forgotten = new Set() // users whose data was removed and must not be stored again

/** Return the key under which a user's data is stored. @param {string} user @param {string} what */
export const keyOf = (user, what) => `parley.${user}.${what}`

/** @param {string} user @param {string} room */
export function loadDraft(user, room) {
  return attempt(() => localStorage.getItem(keyOf(user, `draft.${room}`))) ?? ""
}

/** Return, once, what was written on this page when its scripts did not come; early.js keeps it. */
export function popEarly() {
  const name = `parley.early ${location.pathname}`
  const early = attempt(() => sessionStorage.getItem(name)) ?? ""
  attempt(() => sessionStorage.removeItem(name))
  return early
}

/** Store a draft, one for all tabs of a browser. @param {string} user @param {string} room @param {string} text */
export function saveDraft(user, room, text) {
  keep(user, `draft.${room}`, text)
}

/** @typedef {{ offset?: number, epoch?: string, key: string, text: string, value: string, canBeEmpty?: boolean }} Editing text: the old one; value: of the field; canBeEmpty: it has files */

/** @param {string} user @param {string} room @returns {Editing | null} */
export function loadEditing(user, room) {
  return attempt(() => JSON.parse(localStorage.getItem(keyOf(user, `editing.${room}`)) ?? "null")) ?? null
}

/** @param {string} user @param {string} room @param {Editing | null} editing */
export function saveEditing(user, room, editing) {
  keep(user, `editing.${room}`, editing ? JSON.stringify(editing) : "")
}

/** @typedef {{ offset: number, epoch: string, user: string, name: string, text: string }} Replying the message that is answered */

/** @param {string} user @param {string} room @returns {Replying | null} */
export function loadReplying(user, room) {
  return attempt(() => JSON.parse(localStorage.getItem(keyOf(user, `replying.${room}`)) ?? "null")) ?? null
}

/** @param {string} user @param {string} room @param {Replying | null} replying */
export function saveReplying(user, room, replying) {
  keep(user, `replying.${room}`, replying ? JSON.stringify(replying) : "")
}

/** Return the uploaded files of a draft. @param {string} user @param {string} room @returns {import("./file_words.js").FileInfo[]} */
export function loadFiles(user, room) {
  return attempt(() => JSON.parse(localStorage.getItem(keyOf(user, `files.${room}`)) ?? "[]")) ?? []
}

/** @param {string} user @param {string} room @param {readonly import("./file_words.js").FileInfo[]} files */
export function saveFiles(user, room, files) {
  keep(user, `files.${room}`, files.length > 0 ? JSON.stringify(files) : "")
}

/** Return the emoji that a user chose lately, the latest first. @param {string} user @returns {string[]} */
export function loadRecentEmoji(user) {
  return attempt(() => localStorage.getItem(keyOf(user, "emoji"))?.split(" ")) ?? []
}

/** @param {string} user @param {readonly string[]} emoji */
export function saveRecentEmoji(user, emoji) {
  keep(user, "emoji", emoji.join(" "))
}

/** Return whether a user has said that this browser is not to be notified. @param {string} user */
export function isPushOff(user) {
  return attempt(() => localStorage.getItem(keyOf(user, "push"))) === "off"
}

/** @param {string} user @param {boolean} isOff */
export function savePushOff(user, isOff) {
  keep(user, "push", isOff ? "off" : "")
}

/** Remove all data of a user who has signed out, and store no more. @param {string} user */
export function forget(user) {
  forgotten.add(user)
  removeAll((key) => key.startsWith(keyOf(user, "")))
}

/** Return whether a user has signed out here. @param {string} user */
export function isForgotten(user) {
  return forgotten.has(user)
}

export function removeUnowned() {
  removeAll((key) => UNOWNED.test(key))
}

/** Return the memory of the network that a page of this browser last stored. */
export function loadMemory() {
  return attempt(() => JSON.parse(localStorage.getItem(NETWORK) ?? "null"))
}

/** @param {unknown} memory */
export function saveMemory(memory) {
  attempt(() => localStorage.setItem(NETWORK, JSON.stringify(memory)))
}

/** @param {string} user @param {string} what @param {string} text "" removes it */
function keep(user, what, text) {
  if (forgotten.has(user)) return
  const key = keyOf(user, what)
  attempt(() => (text === "" ? localStorage.removeItem(key) : localStorage.setItem(key, text)))
}

/** @param {(key: string) => boolean} isIt */
function removeAll(isIt) {
  for (const storage of [() => localStorage, () => sessionStorage]) {
    attempt(() => {
      for (const key of Object.keys(storage())) if (isIt(key)) storage().removeItem(key)
    })
  }
}

/** Run `work`; return undefined if it fails. @template T @param {() => T} work @returns {T | undefined} */
export function attempt(work) {
  try {
    return work()
  } catch {
    return undefined
  }
}
