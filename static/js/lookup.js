// @ts-check
// Finds out whether a message that was sent long ago is in its room's log.

import { history } from "./api.js"

/** @import { Finding, Position } from "./outbox.js" */

const PAGE_LIMIT = 200
const PAGES = 50 // 10,000 messages; beyond that, reading the log for one message is not worth it

/**
 * Search for a key after the position where the log ended when it was first sent.
 * @param {{ room: string, key: string, attempt?: Position }} entry
 * @param {Position | undefined} now where the log ends now; none: the room is not read here
 * @returns {Promise<Finding>}
 */
export async function lookUp({ room, key, attempt }, now) {
  if (!attempt || !now || attempt.epoch === "") return "unknown"
  if (attempt.epoch !== now.epoch) return "absent" // the log that may have held it is gone
  let after = attempt.offset
  for (let page = 0; page < PAGES; page++) {
    const { messages, more } = await history(room, { after, limit: PAGE_LIMIT })
    const found = messages.find((message) => message.key === key)
    if (found) return { found: found.offset, epoch: found.epoch }
    if (!more || messages.length === 0) return (await isWhole(room, attempt.offset)) ? "absent" : "unknown"
    after = messages[messages.length - 1].offset
  }
  return "unknown"
}

/**
 * Return whether the log still holds all after `offset`: an older one shows it, as the oldest go first.
 * @param {string} room @param {number} offset
 */
async function isWhole(room, offset) {
  const { messages } = await history(room, { before: offset + 1, limit: 1 })
  return messages.length > 0
}
