// @ts-check
// What to tell people when the server refuses. Its messages are exact, and English. In another language
// the page says the same where it knows the message, or else what the code means. Pure.

import { language, t, tLater, tn } from "./texts.js"

/** @typedef {{ code?: string, message?: string, retry_ms?: number }} Refused */

// The server's messages that tell people more than the code does; the longest of a kind is first.
const MESSAGES = [
  tLater("A room has at most {most} webhooks: delete one first."),
  tLater("A member is called {name}, or something that looks like it."),
  tLater("A file has at most {most} bytes."),
  tLater("A message has at most {most} characters; this one has {count}."),
  tLater("A moving picture has at most {frames} frames, and {most} million pixels in all of them."),
  tLater("A name has at most {most} characters."),
  tLater("A name is made of letters, digits, signs, emoji and spaces."),
  tLater("A name needs at least one visible character."),
  tLater("A password has at least {least} characters."),
  tLater("A title needs at least one visible character."),
  tLater("Everybody is in {room}; it can't be left."),
  tLater("Give a URL like https://hooks.example/parley, in ASCII."),
  tLater("Give a URL with a host and, if it needs one, a port up to 65535."),
  tLater("Give a URL with the name of a host, in ASCII."),
  tLater("Give a port from 1 to 65535."),
  tLater("Give a port that webhooks may be sent to: 443, or one above 1023."),
  tLater("Give an https: URL."),
  tLater("Give the URL without a user and a password: check the signature instead."),
  tLater("Give the URL without what follows a #: it is not sent."),
  tLater("Guests may only read here; sign in to take part."),
  tLater("Nobody can sign up here."),
  tLater("Only its author can edit a message."),
  tLater("Only members come in here: sign in first."),
  tLater("Only members of this room may do this."),
  tLater("Only moderators and owners of this room may do this."),
  tLater("Only owners of this room may do this."),
  tLater("Pictures in {kind} have at most {most} million pixels."),
  tLater("Nothing was delivered for a day: {problem}."),
  tLater("The receiver answered 410 Gone: it wants no more."),
  tLater("The webhook is disabled; enable it first."),
  tLater("The message at {offset} was deleted."),
  tLater("The room was removed."),
  tLater("The room needs an owner: make somebody else one first."),
  tLater("There are too many invitations: end some first."),
  tLater("There is a room {room} already; take another name."),
  tLater("There is no member called {name}."),
  tLater("There is nobody with this name and this password."),
  tLater("There is no room {room}; join it to make it."),
  tLater("There is no room {room}."),
  tLater("There were too many wrong passwords. Try again later."),
  tLater("There is no room for more files here now."),
  tLater("This file is empty."),
  tLater("This server has as many webhooks as it can have."),
  tLater("This server sends to addresses of the internet only, at 443 or above 1023."),
  tLater("This is an owner: make them a member first."),
  tLater("This is not your password."),
  tLater("This link is not valid, or not any more. Ask for a new one."),
  tLater("This message is your own: delete it."),
  tLater("This name is reserved; choose another."),
  tLater("This picture can't be read: it is damaged, or not what it seems to be."),
  tLater("This picture takes too much memory or time here. Make it smaller."),
  tLater("This passkey can't be used here."),
  tLater("This passkey signs nobody in, or not any more."),
  tLater("Too many have signed up at your address; try again later."),
  tLater("You are banned from {room} until {until}: {reason}."),
  tLater("You are banned from {room} until {until}."),
  tLater("You are banned from {room}: {reason}."),
  tLater("You are banned from {room}."),
  tLater("You are banned until {until}: {reason}."),
  tLater("You are banned until {until}."),
  tLater("You are muted here until {until}: {reason}."),
  tLater("You are muted here until {until}."),
  tLater("You are muted here: {reason}."),
  tLater("You are not in {room}; join it first."),
  tLater("You have uploaded much today; upload more later."),
  tLater("You are the only owner: make somebody else an owner first."),
  tLater("You can't do this to somebody of your own rank or above."),
  tLater("You can't do this to yourself."),
  tLater("You have been signed out here. Sign in again."),
  tLater("You have an account already: sign in with its password."),
  tLater("You have signed out. Come back as a new guest."),
  tLater("You need an invitation to sign up here."),
  tLater("Your account is disabled: {reason}."),
  tLater("Your account is disabled."),
  tLater("{name} is banned from this room; unban them first."),
  tLater("{name} is not in this room."),
  tLater("{name} was sent in another message; upload it once more."),
  tLater("{room} is archived: nobody writes there any more."),
  tLater("{room} is locked: only its moderators write there."),
  tLater("it answered {status}"),
  tLater("it closed the connection"),
  tLater("it did not answer within {time} s"),
  tLater("it does not speak TLS as it should"),
  tLater("it redirects ({status}), which is not followed: give the last URL"),
  tLater("its answer is not HTTP, or too long"),
  tLater("its certificate is not valid: {problem}"),
  tLater("there is no connection: {problem}"),
  tLater("{host} has an address that is not public"),
  tLater("{host} is not found"),
  tLater("replaced by a newer attach of this session"),
  tLater("signed out: come back as a new guest"),
].map((text) => ({ text, pattern: patternOf(text) }))

export const PASSING = new Set(["cookie_missing", "rate_limited", "unavailable"]) // the codes after which trying again helps

/** @type {Record<string, (wait_s: number) => string>} by code; it takes the seconds after which to try again, or 0 */
const CODES = {
  banned: () => t("You are banned here."),
  cookie_missing: () => t("This browser’s cookies don’t arrive, so the server can’t tell that it is you. If you have deleted them, reload this page."),
  empty: () => t("There is nothing in it to read."),
  forbidden: () => t("You may not do that here."),
  key_conflict: () => t("That was sent before with another text. Write it as a new message."),
  muted: () => t("You are muted here."),
  name_taken: () => t("This name is taken. Choose another."),
  no_such_file: () => t("This file is not there any more. Upload it once more."),
  no_such_hook: () => t("There is no such webhook any more."),
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
  return translated(message) ?? CODES[code]?.(Math.ceil(retry_ms / 1000)) ?? (message || t("The server refused."))
}

/** Return what the server says of itself or of others, in the page's language if the page knows that message. @param {string} message */
export function serverWords(message) {
  return translated(message) ?? message
}

/** @param {string} message */
function translated(message) {
  for (const { text, pattern } of MESSAGES) {
    const found = pattern.exec(message)
    if (found) return t(text, found.groups)
  }
  return null
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
