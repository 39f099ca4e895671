// @ts-check
// The texts of the page. Pure.

import { BANNED, NO_COOKIES, SIGNED_OUT, SOMEBODY_ELSE } from "./codes.js"
import { filesWords } from "./file_words.js"
import { serverWords } from "./refusals.js"
import { list, locale as pageLocale, t, tn } from "./texts.js"

/** @import { Status } from "./engine/engine.js" */
/** @import { Missing } from "./timeline.js" */

export const TRANSPORT_NAMES = { websocket: "WebSocket", sse: "Server-Sent Events", longpoll: t("long polling") }

// The Unicode blocks of right-to-left scripts, from Hebrew on.
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/** Return the state of the connection in a few words; the bar explains problems at length. @param {Status} status */
export function statusWords({ state, transport, code, isOffline, isLowPower }) {
  const way = transport ? TRANSPORT_NAMES[transport] : ""
  switch (state) {
    case "idle":
    case "connecting":
      return isOffline ? t("Offline") : way ? t("Connecting over {way}…", { way }) : t("Connecting…")
    case "connected":
      return isLowPower ? t("Connected, and saving power") : way ? t("Connected over {way}", { way }) : t("Connected")
    case "waiting":
      return isOffline ? t("Offline") : t("Not connected")
    case "closed":
      return code === NO_COOKIES ? t("Not connected: cookies are needed.") : t("Not connected")
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
    const text = t("What you wrote stays, and your name and your rooms wait for you.")
    return { title: t("You have signed out"), text, action: t("Sign in"), isNew: true }
  }
  if (code === SIGNED_OUT) {
    const text = t("The identity and the name that you had here are gone. What you wrote stays.")
    return { title: t("You have signed out"), text, action: t("Come back as a new guest"), isNew: true }
  }
  if (code === SOMEBODY_ELSE) {
    const name = isolated(reason || t("somebody else"))
    const text = t("In this browser you are {name} now, and nothing more can be written here as who you were.", { name })
    return { title: t("You are {name} now", { name }), text, action: t("Go on as {name}", { name }), isNew: false, isOld: true }
  }
  if (code === NO_COOKIES) {
    const text = t("Your browser keeps no cookies from this site, so the server can’t tell that it is you from one request to the next. Allow cookies for this site, then try again.")
    return { title: t("Cookies are needed"), text, action: t("Try again"), isNew: false, isOld: true }
  }
  if (code !== BANNED) return null
  return { title: t("You are banned"), text: serverWords(reason ?? ""), action: t("Try again"), isNew: false }
}

/**
 * Return what to tell somebody who is no longer in the room shown.
 * @param {{ label: string, by?: string, reason?: string }} why @param {string} who the name of the one who removed them
 */
export function removedWords({ label, by, reason }, who) {
  const room = isolated(label)
  if (!by) return t("{room} is gone, or you are in it no longer.", { room })
  if (!reason) return t("{name} removed you from {room}.", { name: isolated(who), room })
  return t("{name} removed you from {room}: {reason}", { name: isolated(who), room, reason: isolated(reason) })
}

const QUOTED_CHARACTERS = 140 // a line or two; the link leads to the rest

/** Return what to show of a message that is answered. @param {{ text: string, files?: readonly import("./file_words.js").FileInfo[], deleted?: boolean } | undefined} message undefined: it is not loaded */
export function quoteWords(message) {
  if (message === undefined) return t("an earlier message")
  if (message.deleted) return t("a deleted message")
  if (message.text === "" && message.files) return filesWords(message.files)
  const line = message.text.trim().split("\n", 1)[0]
  const characters = [...line]
  return characters.length > QUOTED_CHARACTERS ? `${characters.slice(0, QUOTED_CHARACTERS).join("")}…` : line
}

/** Return who is typing, or an empty text. @param {readonly string[]} names */
export function typingWords(names) {
  if (names.length === 0) return ""
  const [one, other] = names.map(isolated)
  if (names.length === 1) return t("{name} is typing…", { name: one })
  if (names.length === 2) return t("{one} and {other} are typing…", { one, other })
  return t("Several people are typing…")
}

/** Return the heading above the people. @param {number} count @param {boolean} isLive false: the list is from before the connection was lost */
export function peopleWords(count, isLive) {
  if (!isLive) return t("Last seen here")
  return count > 0 ? t("Here now · {count}", { count }) : t("Here now")
}

/**
 * Return one line for people who joined, left, or were added by others.
 * @param {readonly string[]} joined @param {readonly string[]} left @param {readonly { who: string, names: readonly string[] }[]} [added]
 */
export function noticeWords(joined, left, added = []) {
  const parts = []
  if (joined.length > 0) parts.push(tn(joined.length, "{names} joined", "{names} joined", { names: listWords(joined) }))
  if (left.length > 0) parts.push(tn(left.length, "{names} left", "{names} left", { names: listWords(left) }))
  for (const { who, names } of added) parts.push(t("{name} added {names}", { name: isolated(who), names: listWords(names) }))
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

const NAMED = 3 // of more people, two are named, and the others counted

/** @param {readonly string[]} names */
function listWords(names) {
  const listed = names.map(isolated)
  const others = names.length - 2
  if (names.length > NAMED) listed.splice(2, others, tn(others, "{count} other", "{count} others"))
  return list.format(listed)
}

/** Return why a link shows no message. @param {Missing} why @param {string} room what it is called */
export function missingWords(why, room) {
  switch (why) {
    case "beyond":
      return t("The link leads past the newest message of {room}: there is no such message.", { room })
    case "gone":
      return t("The message that the link leads to is gone: {room} keeps only what came later.", { room })
    case "other":
      return t("There is no message at this link. This is what was said around it.")
  }
}

/** Return the window's title. @param {string} room what it is called @param {number} unread in all rooms @param {string} [site] */
export function titleWords(room, unread, site = "Parley") {
  return `${unread > 0 ? `(${unread}) ` : ""}${room} · ${site}`
}

/** Return the title of a desktop notification. @param {string} kind @param {string} name who caused it @param {string} room what it is called */
export function notificationWords(kind, name, room) {
  if (kind === "direct") return name
  if (kind === "webhook") return t("A webhook of {room} was disabled", { room })
  if (kind === "report") return t("{name} reported a message in {room}", { name, room })
  // As the service worker has it, which knows no language.
  return kind === "invite" ? t("{name} added you to {room}", { name, room }) : `${name} · ${room}`
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
  if (left >= 0) return { text: tn(left, "{count} character left", "{count} characters left"), isOver: false }
  return { text: tn(-left, "{count} character too many", "{count} characters too many"), isOver: true }
}

/** Return a day as a heading, with its year unless it is this one. @param {Date} day @param {Date} now @param {string} [locale] */
export function dayWords(day, now, locale = pageLocale) {
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1)
  if (dayKey(day) === dayKey(now)) return t("Today")
  if (dayKey(day) === dayKey(yesterday)) return t("Yesterday")
  const year = day.getFullYear() === now.getFullYear() ? undefined : "numeric"
  return day.toLocaleDateString(locale, { weekday: "long", day: "numeric", month: "long", year })
}

/** Return a key that is equal for all times of one local day. @param {Date} time */
export function dayKey(time) {
  return `${time.getFullYear()}-${time.getMonth() + 1}-${time.getDate()}`
}
