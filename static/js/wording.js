// @ts-check
// The texts of the page. Pure.

import { BANNED, NO_COOKIES, SIGNED_OUT, SOMEBODY_ELSE } from "./codes.js"

/** @import { Status } from "./engine/engine.js" */
/** @import { Missing } from "./timeline.js" */

export const TRANSPORT_NAMES = { websocket: "WebSocket", sse: "Server-Sent Events", longpoll: "long polling" }

// The Unicode blocks of right-to-left scripts, from Hebrew on.
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/** Return the state of the connection in a few words; the bar explains problems at length. @param {Status} status */
export function statusWords({ state, transport, code, isOffline, isLowPower }) {
  const over = transport ? ` over ${TRANSPORT_NAMES[transport]}` : ""
  switch (state) {
    case "idle":
    case "connecting":
      return isOffline ? "Offline" : `Connecting${over}…`
    case "connected":
      return isLowPower ? "Connected, and saving power" : `Connected${over}`
    case "waiting":
      return isOffline ? "Offline" : "Not connected"
    case "closed":
      return code === NO_COOKIES ? "Not connected: cookies are needed." : "Not connected"
  }
}

/**
 * Return what to tell a user who may not reconnect, and what they can do about it; null if they may.
 * @param {Status} status @param {boolean} [isMember] they have an account, so that they can sign in again
 * @returns {{ title: string, text: string, action: string, isNew: boolean, isOld?: boolean } | null}
 *   isNew: the action makes the user a new guest; isOld: the page is outdated, and the action reloads
 *   it; else the action connects again as the same user
 */
export function keptOutWords({ state, code, reason }, isMember = false) {
  if (state !== "closed") return null
  if (code === SIGNED_OUT && isMember) {
    const text = "What you wrote stays, and your name and your rooms wait for you."
    return { title: "You have signed out", text, action: "Sign in", isNew: true }
  }
  if (code === SIGNED_OUT) {
    const text = "The identity and the name that you had here are gone. What you wrote stays."
    return { title: "You have signed out", text, action: "Come back as a new guest", isNew: true }
  }
  if (code === SOMEBODY_ELSE) {
    const name = isolated(reason || "somebody else")
    const text = `In this browser you are ${name} now, and nothing more can be written here as who you were.`
    return { title: `You are ${name} now`, text, action: `Go on as ${name}`, isNew: false, isOld: true }
  }
  if (code === NO_COOKIES) {
    const text = "Your browser keeps no cookies from this site, so the server can’t tell that it is you from one request to the next. Allow cookies for this site, then try again."
    return { title: "Cookies are needed", text, action: "Try again", isNew: false, isOld: true }
  }
  if (code !== BANNED) return null
  return { title: "You are banned", text: reason ?? "", action: "Try again", isNew: false }
}

/**
 * Return what to tell somebody who is no longer in the room shown.
 * @param {{ label: string, by?: string, reason?: string }} why @param {string} who the name of the one who removed them
 */
export function removedWords({ label, by, reason }, who) {
  if (!by) return `${isolated(label)} is gone, or you are in it no longer.`
  return `${isolated(who)} removed you from ${isolated(label)}${reason ? `: ${isolated(reason)}` : "."}`
}

const QUOTED_CHARACTERS = 140 // a line or two; the link leads to the rest

/** Return what to show of a message that is answered. @param {{ text: string, deleted?: boolean } | undefined} message undefined: it is not loaded */
export function quoteWords(message) {
  if (message === undefined) return "an earlier message"
  if (message.deleted) return "a deleted message"
  const line = message.text.trim().split("\n", 1)[0]
  const characters = [...line]
  return characters.length > QUOTED_CHARACTERS ? `${characters.slice(0, QUOTED_CHARACTERS).join("")}…` : line
}

/** Return who is typing, or an empty text. @param {readonly string[]} names */
export function typingWords(names) {
  if (names.length === 0) return ""
  const [one, other] = names.map(isolated)
  if (names.length === 1) return `${one} is typing…`
  if (names.length === 2) return `${one} and ${other} are typing…`
  return "Several people are typing…"
}

/** Return the heading above the people. @param {number} count @param {boolean} isLive false: the list is from before the connection was lost */
export function peopleWords(count, isLive) {
  if (!isLive) return "Last seen here"
  return count > 0 ? `Here now · ${count}` : "Here now"
}

/**
 * Return one line for people who joined, left, or were added by others.
 * @param {readonly string[]} joined @param {readonly string[]} left @param {readonly { who: string, names: readonly string[] }[]} [added]
 */
export function noticeWords(joined, left, added = []) {
  const parts = []
  if (joined.length > 0) parts.push(`${listWords(joined.map(isolated))} joined`)
  if (left.length > 0) parts.push(`${listWords(left.map(isolated))} left`)
  for (const { who, names } of added) parts.push(`${isolated(who)} added ${listWords(names.map(isolated))}`)
  return parts.join(", ")
}

/**
 * Return a name for use in a sentence: a name written from right to left must not reorder the words
 * around it (UAX 9, section 6.3: first strong isolate).
 * @param {string} name
 */
export function isolated(name) {
  return RIGHT_TO_LEFT.test(name) ? `\u2068${name}\u2069` : name
}

/** @param {readonly string[]} names */
function listWords(names) {
  if (names.length <= 2) return names.join(" and ")
  if (names.length === 3) return `${names[0]}, ${names[1]} and ${names[2]}`
  return `${names[0]}, ${names[1]} and ${names.length - 2} others`
}

/** Return why a link shows no message. @param {Missing} why @param {string} room what it is called */
export function missingWords(why, room) {
  switch (why) {
    case "beyond":
      return `The link leads past the newest message of ${room}: there is no such message.`
    case "gone":
      return `The message that the link leads to is gone: ${room} keeps only what came later.`
    case "other":
      return "There is no message at this link. This is what was said around it."
  }
}

/** @param {number} count @param {string} one @param {string} many */
export function plural(count, one, many) {
  return `${count} ${count === 1 ? one : many}`
}

/** Return the window's title. @param {string} room what it is called @param {number} unread in all rooms @param {string} [site] */
export function titleWords(room, unread, site = "Parley") {
  return `${unread > 0 ? `(${unread}) ` : ""}${room} · ${site}`
}

/** Return the title of a desktop notification. @param {string} kind @param {string} name who caused it @param {string} room what it is called */
export function notificationWords(kind, name, room) {
  if (kind === "direct") return name
  if (kind === "report") return `${name} reported a message in ${room}`
  return kind === "invite" ? `${name} added you to ${room}` : `${name} in ${room}`
}

/** @param {number} count */
export function badgeWords(count) {
  return count > 99 ? "99+" : String(count)
}

/**
 * Return how near a text is to the limit, in code points as the server counts; "" while it is far.
 * @param {string} text @param {number} limit @returns {{ text: string, isOver: boolean }}
 */
export function countWords(text, limit) {
  if (text.length < limit * 0.9) return { text: "", isOver: false } // length is never below the count
  const left = limit - [...text].length
  if (left > limit * 0.1) return { text: "", isOver: false }
  if (left >= 0) return { text: `${plural(left, "character", "characters")} left`, isOver: false }
  return { text: `${plural(-left, "character", "characters")} too many`, isOver: true }
}

/** Return a day as a heading, with its year unless it is this one. @param {Date} day @param {Date} now @param {string} [locale] */
export function dayWords(day, now, locale) {
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1)
  if (dayKey(day) === dayKey(now)) return "Today"
  if (dayKey(day) === dayKey(yesterday)) return "Yesterday"
  const year = day.getFullYear() === now.getFullYear() ? undefined : "numeric"
  return day.toLocaleDateString(locale, { weekday: "long", day: "numeric", month: "long", year })
}

/** Return a key that is equal for all times of one local day. @param {Date} time */
export function dayKey(time) {
  return `${time.getFullYear()}-${time.getMonth() + 1}-${time.getDate()}`
}
