// @ts-check
// A window of one room's log, folded into messages. Pure: every function returns a new timeline.
//
// The window has no gaps. `more` says that older messages exist, `moreAfter` that newer ones do;
// while newer ones exist, live messages are not appended, as there would be a gap before them.

/** @import { Page } from "./api.js" */
/** @import { FileInfo } from "./file_words.js" */
/** @import { RoomChanged } from "./room_info.js" */

/**
 * @typedef {object} Message a message as it stands now
 * @property {"message"} type
 * @property {string} room @property {string} epoch @property {number} offset
 * @property {string} key @property {string} user @property {string} name @property {string} text
 * @property {string} html sanitised by the server
 * @property {string[]} [mentions] users, found by the server
 * @property {FileInfo[]} [files]
 * @property {number} [reply_to] the offset of the message that it answers
 * @property {string} [reply_user] the author of that
 * @property {string} time RFC 3339
 * @property {string} [edited] when it was last edited
 * @property {boolean} [deleted]
 * @property {Record<string, string[]>} [reactions] emoji → users, in the order of their reactions
 */
/**
 * @typedef {{ type: "joined" | "left", room?: string, offset: number, user: string, name: string, time: string, by?: string, by_name?: string, reason?: string }} Move
 *   by: the user who added or removed them
 */
/** @typedef {Move | RoomChanged} Notice while this page was reading */
/**
 * @typedef {object} Amendment an entry that changes an earlier message
 * @property {"edited" | "deleted" | "reaction"} type
 * @property {number} offset @property {number} target @property {string} user @property {string} time
 * @property {string} [text] @property {string} [html] @property {string[]} [mentions]
 * @property {string} [emoji] @property {boolean} [on]
 * @property {boolean} [superseded] an edit whose text is gone: a later one, or a deletion, followed
 */
/** @typedef {"beyond" | "gone" | "other"} Missing why there is no message at an offset: the log ends before it, begins after it, or has something else there */
/** @typedef {Message | Notice} Item */
/** @typedef {Message | Notice | Amendment} Logged */
/**
 * @typedef {object} Timeline
 * @property {readonly Item[]} items by offset, ascending
 * @property {boolean} more @property {boolean} moreAfter
 * @property {number} newest the offset of the newest message known to exist, shown or not
 * @property {readonly Amendment[]} amendments the latest ones, to apply to pages read before them
 */

export const MAX_ITEMS = 300 // messages in the page: more would make every change slower to lay out
export const MOST_ITEMS = 500 // while somebody reads further up, where nothing may be removed; later ones are loaded when they get there
const MAX_NOTICES = 100 // they are in no page of history; the oldest are dropped first
const MAX_AMENDMENTS = 200 // far more than arrive while one page of history is being loaded

/** @param {readonly Message[]} messages oldest first @param {{ more?: boolean, moreAfter?: boolean }} [around] @returns {Timeline} */
export function newTimeline(messages = [], { more = false, moreAfter = false } = {}) {
  return { items: messages, more, moreAfter, newest: messages.at(-1)?.offset ?? 0, amendments: [] }
}

/** Fold one logged push, which follows all pushes that were folded before. @param {Timeline} timeline @param {Logged} push @returns {Timeline} */
export function apply(timeline, push) {
  switch (push.type) {
    case "message":
      if (push.offset <= timeline.newest) return timeline // a page of history was quicker than the push
      if (timeline.moreAfter || countMessages(timeline.items) >= MOST_ITEMS) return { ...timeline, newest: push.offset, moreAfter: true }
      return { ...timeline, newest: push.offset, items: [...timeline.items, push] }
    case "joined":
    case "left":
    case "room_changed":
      return timeline.moreAfter ? timeline : { ...timeline, items: withNotice(timeline.items, push) }
    default: {
      const amendments = [...timeline.amendments, push].slice(-MAX_AMENDMENTS)
      return { ...timeline, amendments, items: amend(timeline.items, push) }
    }
  }
}

/** Return whether somebody came or went by themselves. @param {Item} item @returns {item is Move} */
export function isOwnMove(item) {
  return (item.type === "joined" || item.type === "left") && !item.by
}

/** Add a notice; a join and a leave of one person since the last message cancel out. @param {readonly Item[]} items @param {Notice} notice */
function withNotice(items, notice) {
  const lastMessage = items.findLastIndex(({ type }) => type === "message")
  const opposite = isOwnMove(notice) ? items.findLastIndex((item, at) => at > lastMessage && item.user === notice.user && isOwnMove(item)) : -1
  if (opposite !== -1) return items[opposite].type === notice.type ? items : items.toSpliced(opposite, 1)
  const grown = [...items, notice]
  if (grown.filter(({ type }) => type !== "message").length <= MAX_NOTICES) return grown
  return grown.toSpliced(grown.findIndex(({ type }) => type !== "message"), 1)
}

/** Return the index from which on there are `count` messages; 0 if fewer. @param {readonly Item[]} items @param {number} count */
function indexOfLast(items, count) {
  let at = items.length
  for (let left = count; at > 0 && left > 0; at--) if (items[at - 1].type === "message") left--
  return at
}

/** @param {readonly Item[]} items */
function countMessages(items) {
  return items.reduce((sum, { type }) => sum + Number(type === "message"), 0)
}

/** Prepend a page of older messages; if the window grows too long, keep its older end. @param {Timeline} timeline @param {Page} page */
export function prepend(timeline, page) {
  const first = timeline.items[0]?.offset ?? Infinity
  const older = amendAll(page.messages.filter((m) => m.offset < first), timeline.amendments)
  const items = [...older, ...timeline.items]
  const tooMany = countMessages(items) - MAX_ITEMS
  if (tooMany <= 0) return { ...timeline, items, more: page.more }
  return { ...timeline, items: items.slice(0, indexOfLast(items, tooMany)), more: page.more, moreAfter: true }
}

/** Append a page of newer messages; if the window grows too long, keep its newer end. @param {Timeline} timeline @param {Page} page */
export function append(timeline, page) {
  const last = timeline.items.at(-1)?.offset ?? 0
  const newer = amendAll(page.messages.filter((m) => m.offset > last), timeline.amendments)
  const items = [...timeline.items, ...newer]
  const reached = items.at(-1)?.offset ?? 0
  // Live messages that arrived while the page was being loaded were not appended, so there is still more.
  const moreAfter = page.more || timeline.newest > reached
  const newest = Math.max(timeline.newest, reached)
  return trimTop({ ...timeline, items, moreAfter, newest })
}

/**
 * Join a page with the live pushes since it was requested.
 * @param {Timeline} live was empty when the page was requested @param {Page} page
 * @param {boolean} [moreAfter] the page is not the newest: there is a gap before the live messages
 */
export function underlay(live, page, moreAfter = false) {
  const last = page.messages.at(-1)?.offset ?? 0
  const later = moreAfter ? [] : live.items.filter((item) => item.offset > last)
  const items = [...amendAll(page.messages, live.amendments), ...later]
  return { ...live, items, more: page.more, moreAfter, newest: Math.max(live.newest, last) }
}

/** Drop the oldest items beyond MAX_ITEMS; used while the reader is at the newer end. @param {Timeline} timeline @returns {Timeline} */
export function trimTop(timeline) {
  if (countMessages(timeline.items) <= MAX_ITEMS) return timeline
  return { ...timeline, items: timeline.items.slice(indexOfLast(timeline.items, MAX_ITEMS)), more: true }
}

/**
 * Return the offset of the first unread message, or 0 if there is none. Counts back from the newest;
 * the user's own messages are never unread.
 * @param {readonly Item[]} items @param {number} unread @param {string} me
 */
export function firstUnread(items, unread, me) {
  let found = 0
  for (let i = items.length - 1, left = unread; i >= 0 && left > 0; i--) {
    const item = items[i]
    if (item.type !== "message" || item.user === me) continue
    found = item.offset
    left--
  }
  return found
}

/**
 * Return why there is no message at an offset, around which all is loaded; null if there is one.
 * @param {Timeline} timeline @param {number} offset @returns {Missing | null}
 */
export function missingAt({ items, more, moreAfter }, offset) {
  if (items.some((item) => item.type === "message" && item.offset === offset)) return null
  if (!moreAfter && offset > (items.at(-1)?.offset ?? 0)) return "beyond"
  return !more && offset < (items[0]?.offset ?? Infinity) ? "gone" : "other"
}

/** @param {readonly Item[]} items @param {readonly Amendment[]} amendments */
function amendAll(items, amendments) {
  return amendments.reduce(amend, items)
}

/** Apply an amendment; twice changes nothing, so a page may include it. @param {readonly Item[]} items @param {Amendment} amendment */
function amend(items, amendment) {
  if (amendment.superseded) return items
  const at = items.findIndex((item) => item.type === "message" && item.offset === amendment.target)
  if (at === -1) return items
  const message = /** @type {Message} */ (items[at])
  return message.deleted ? items : items.with(at, amended(message, amendment))
}

/** Return the users who reacted with `emoji`; every object inherits a `constructor`. @param {Message} message @param {string} emoji */
function usersOf({ reactions = {} }, emoji) {
  return Object.hasOwn(reactions, emoji) ? reactions[emoji] : []
}

/** @param {Message} message @param {Amendment} amendment @returns {Message} */
function amended(message, { type, user, time, text = "", html = "", mentions, emoji = "", on }) {
  switch (type) {
    case "edited":
      return { ...message, text, html, mentions, edited: time }
    case "deleted":
      return { ...message, text: "", html: "", mentions: undefined, files: undefined, deleted: true, edited: undefined, reactions: {} }
    case "reaction": {
      const { [emoji]: _, ...others } = message.reactions ?? {}
      const users = usersOf(message, emoji)
      const rest = users.filter((u) => u !== user)
      const now = on ? (users.includes(user) ? users : [...users, user]) : rest
      if (now.length === 0) return { ...message, reactions: others }
      // Keep its place, so that no reaction moves while a person taps it.
      return { ...message, reactions: { ...message.reactions, [emoji]: now } }
    }
  }
}
