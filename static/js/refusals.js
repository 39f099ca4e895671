// @ts-check
// What to tell people when the server refuses. Its messages are exact, and English. In another language
// the page says the same where it knows the message, or else what the code means. Pure.

import { language, mark, t, tn } from "./texts.js"

/** @typedef {{ code?: string, message?: string, retry_ms?: number }} Refused */

// The server's messages that tell people more than the code does; the longest of a kind is first.
const MESSAGES = [
  mark("A member is called {name}, or something that looks like it."),
  mark("A message has at most {most} characters; this one has {count}."),
  mark("A name has at most {most} characters."),
  mark("A name is made of letters, digits, signs, emoji and spaces."),
  mark("A name needs at least one visible character."),
  mark("A title needs at least one visible character."),
  mark("Everybody is in {room}; it can't be left."),
  mark("Guests may only read here; sign in to take part."),
  mark("Nobody can sign up here."),
  mark("Only its author can edit a message."),
  mark("Only members come in here: sign in first."),
  mark("Only members of this room may do this."),
  mark("Only moderators and owners of this room may do this."),
  mark("Only owners of this room may do this."),
  mark("The message at {offset} was deleted."),
  mark("The room needs an owner: make somebody else one first."),
  mark("There are too many invitations: end some first."),
  mark("There is a room {room} already; take another name."),
  mark("There is no member called {name}."),
  mark("There is nobody with this name and this password."),
  mark("There is no room {room}; join it to make it."),
  mark("There is no room {room}."),
  mark("There were too many wrong passwords. Try again later."),
  mark("This is an owner: make them a member first."),
  mark("This is not your password."),
  mark("This link is not valid, or not any more. Ask for a new one."),
  mark("This message is your own: delete it."),
  mark("This name is reserved; choose another."),
  mark("This passkey can't be used here."),
  mark("This passkey signs nobody in, or not any more."),
  mark("You are banned from {room} until {until}: {reason}."),
  mark("You are banned from {room} until {until}."),
  mark("You are banned from {room}: {reason}."),
  mark("You are banned from {room}."),
  mark("You are banned until {until}: {reason}."),
  mark("You are banned until {until}."),
  mark("You are muted here until {until}: {reason}."),
  mark("You are muted here until {until}."),
  mark("You are muted here: {reason}."),
  mark("You are not in {room}; join it first."),
  mark("You are the only owner: make somebody else an owner first."),
  mark("You can't do this to somebody of your own rank or above."),
  mark("You can't do this to yourself."),
  mark("You have been signed out here. Sign in again."),
  mark("You have an account already: sign in with its password."),
  mark("You need an invitation to sign up here."),
  mark("Your account is disabled: {reason}."),
  mark("Your account is disabled."),
  mark("{name} is banned from this room; unban them first."),
  mark("{name} is not in this room."),
  mark("{room} is archived: nobody writes there any more."),
  mark("{room} is locked: only its moderators write there."),
].map((text) => ({ text, pattern: patternOf(text) }))

/** @type {Record<string, (wait_s: number) => string>} by code; it takes the seconds after which to try again, or 0 */
const CODES = {
  banned: () => t("You are banned here."),
  empty: () => t("There is nothing in it to read."),
  forbidden: () => t("You may not do that here."),
  key_conflict: () => t("That was sent before with another text. Write it as a new message."),
  muted: () => t("You are muted here."),
  name_taken: () => t("This name is taken. Choose another."),
  no_such_room: () => t("There is no such room."),
  not_member: () => t("You are not in this room. Join it first."),
  rate_limited: (wait_s) =>
    wait_s > 0 ? tn(wait_s, "That was too much at once. Try again in {count} second.", "That was too much at once. Try again in {count} seconds.") : t("That was too much at once. Wait a little."),
  too_long: () => t("That is too long."),
  unauthorized: () => t("You are not signed in any more. Sign in again."),
  unavailable: () => t("The server can’t do that right now. Try again."),
}

/** Return what to tell people of a refusal, in the page's language. @param {Refused} refused */
export function refusalWords({ code = "", message = "", retry_ms = 0 }) {
  if (message !== "" && (code === "" || language === "en")) return message // without a code, the page itself says it
  for (const { text, pattern } of MESSAGES) {
    const found = pattern.exec(message)
    if (found) return t(text, found.groups)
  }
  return CODES[code]?.(Math.ceil(retry_ms / 1000)) ?? (message || t("The server refused."))
}

/** Return what to tell people where there was no answer. */
export function noAnswerWords() {
  return t("The server could not be reached. Try again.")
}

/** Return a pattern of the messages that a text with {names} makes. @param {string} text */
function patternOf(text) {
  const literal = text.replace(/[.*+?^$()|[\]\\]/g, "\\$&")
  return new RegExp(`^${literal.replace(/\{(\w+)\}/g, "(?<$1>.+?)")}$`, "su")
}
