// @ts-check
// Applies this user's pending changes to a message. Pure.

/** @import { Entry } from "./outbox.js" */
/** @import { Message } from "./timeline.js" */

/** @typedef {{ message: Message, isDraft: boolean, isDeleting: boolean }} Overlaid isDraft: the server has not rendered its text */

/** Return a message with its changes applied, in order. @param {Message} message @param {readonly Entry[]} changes @param {string} me */
export function overlay(message, changes, me) {
  /** @type {Overlaid} */ const shown = { message, isDraft: false, isDeleting: false }
  for (const { kind, state, text = "", emoji = "", on } of changes) {
    // A refused edit stays visible: it is the only copy of what the author wrote.
    if (kind === "edit") Object.assign(shown, { message: { ...shown.message, text }, isDraft: true })
    else if (state === "refused") continue
    else if (kind === "delete") shown.isDeleting = true
    else if (kind === "react") shown.message = reacted(shown.message, emoji, me, on ?? true)
  }
  return shown
}

/** @param {Message} message @param {string} emoji @param {string} me @param {boolean} on @returns {Message} */
function reacted(message, emoji, me, on) {
  const old = message.reactions ?? {}
  const users = (Object.hasOwn(old, emoji) ? old[emoji] : []).filter((user) => user !== me)
  const reactions = { ...old, [emoji]: on ? [...users, me] : users }
  if (reactions[emoji].length === 0) delete reactions[emoji]
  return { ...message, reactions }
}

/** Return the entry whose state to show at a message: the first that was refused, else the latest. @param {readonly Entry[]} changes */
export function entryToShow(changes) {
  return changes.find(({ state }) => state === "refused") ?? changes.at(-1)
}
