// @ts-check
// What outlives a reload. Storage may be full or forbidden; then things just don't outlive it.

/** @import { Outbox } from "./outbox.js" */

const DRAFT = "parley.draft." // + room; one for all tabs of a browser
const NETWORK = "parley.network"
const OUTBOX = "parley.outbox" // of this tab only: two tabs must not both show and retry it

/** @param {string} room */
export function loadDraft(room) {
  return attempt(() => localStorage.getItem(DRAFT + room)) ?? ""
}

/** @param {string} room @param {string} text */
export function saveDraft(room, text) {
  attempt(() => (text === "" ? localStorage.removeItem(DRAFT + room) : localStorage.setItem(DRAFT + room, text)))
}

/**
 * Return what `user` wrote that is in no log yet; nothing of anybody else.
 * @param {string} user
 * @returns {Outbox}
 */
export function loadOutbox(user) {
  const saved = attempt(() => JSON.parse(sessionStorage.getItem(OUTBOX) ?? "null"))
  return saved?.user === user && Array.isArray(saved.entries) ? saved.entries : []
}

/** @param {string} user @param {Outbox} entries */
export function saveOutbox(user, entries) {
  const lasting = entries.filter((entry) => entry.state !== "sent") // a sent one is in the log
  attempt(() => sessionStorage.setItem(OUTBOX, JSON.stringify({ user, entries: lasting })))
}

/** Return what was known of the network when a page of this browser last told. */
export function loadMemory() {
  return attempt(() => JSON.parse(localStorage.getItem(NETWORK) ?? "null"))
}

/** @param {unknown} memory */
export function saveMemory(memory) {
  attempt(() => localStorage.setItem(NETWORK, JSON.stringify(memory)))
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
