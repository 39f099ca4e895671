import assert from "node:assert/strict"
import test from "node:test"

import { badgeWords, countWords, dayKey, dayWords, keptOutWords, noticeWords, notificationWords, peopleWords, quoteWords, removedWords, statusWords, titleWords, typingWords } from "../../static/js/wording.js"

import { NO_COOKIES, SOMEBODY_ELSE } from "../../static/js/parley.js"

test("the status says how and over what one is connected", () => {
  assert.equal(statusWords({ state: "connected", transport: "websocket" }), "Connected over WebSocket")
  assert.equal(statusWords({ state: "connecting", transport: "sse" }), "Connecting over Server-Sent Events…")
  assert.equal(statusWords({ state: "connecting" }), "Connecting…")
  assert.equal(statusWords({ state: "connected", transport: "longpoll", isLowPower: true }), "Connected, and saving power")
})

test("offline is said of the device only, never of a server that is away", () => {
  assert.equal(statusWords({ state: "waiting", wait_ms: 9000 }), "Not connected")
  assert.equal(statusWords({ state: "waiting", isOffline: true }), "Offline")
  assert.equal(statusWords({ state: "connecting", isOffline: true }), "Offline")
})

test("of who was there nobody says that they are, while it is not known", () => {
  assert.equal(peopleWords(3, true), "Here now · 3")
  assert.equal(peopleWords(3, false), "Last seen here")
})

test("who is kept out is told why and what can be done about it", () => {
  assert.equal(keptOutWords({ state: "connected" }), null)
  assert.equal(keptOutWords({ state: "closed", code: 4501, reason: "no such room" }), null)
  const signedOut = keptOutWords({ state: "closed", code: 4502, reason: "signed out" })
  assert.equal(signedOut.action, "Come back as a new guest")
  assert.ok(signedOut.isNew)
  const banned = keptOutWords({ state: "closed", code: 4503, reason: "You are banned until 12:00 UTC: spam." })
  assert.deepEqual(banned, {
    title: "You are banned", text: "You are banned until 12:00 UTC: spam.", action: "Try again", isNew: false,
  }) // prettier-ignore
})

test("a page whose browser is somebody else now, or keeps no cookies, says so and what to do", () => {
  const other = keptOutWords({ state: "closed", code: SOMEBODY_ELSE, reason: "guest-ab12" })
  assert.deepEqual([other.title, other.action, other.isNew, other.isOld], ["You are guest-ab12 now", "Go on as guest-ab12", false, true])
  const cookies = keptOutWords({ state: "closed", code: NO_COOKIES })
  assert.deepEqual([cookies.title, cookies.isNew, cookies.isOld], ["Cookies are needed", false, true])
  assert.match(cookies.text, /Allow cookies/)
})

test("typing names two people at most", () => {
  assert.equal(typingWords([]), "")
  assert.equal(typingWords(["Ada"]), "Ada is typing…")
  assert.equal(typingWords(["Ada", "Bob"]), "Ada and Bob are typing…")
  assert.equal(typingWords(["Ada", "Bob", "Cy"]), "Several people are typing…")
})

test("comings and goings are one sentence", () => {
  assert.equal(noticeWords(["Ada"], []), "Ada joined")
  assert.equal(noticeWords(["Ada", "Bob"], ["Cy"]), "Ada and Bob joined, Cy left")
  assert.match(noticeWords([], ["A", "B", "C"]), /^A, B,? and C left$/) // the comma is American
  assert.match(noticeWords(["A", "B", "C", "D"], []), /^A, B,? and 2 others joined$/)
  assert.match(noticeWords(["A"], [], [{ who: "Zoe", names: ["B", "C", "D", "E", "F"] }]), /^A joined, Zoe added B, C,? and 3 others$/)
})

test("a name that is written from right to left does not turn the sentence round", () => {
  const [name, arabic] = ["עמר", "عمر"]
  assert.equal(typingWords([name, "Bob"]), `\u2068${name}\u2069 and Bob are typing…`)
  assert.equal(noticeWords([arabic], ["Ada"]), `\u2068${arabic}\u2069 joined, Ada left`)
})

test("the title counts what is unread", () => {
  assert.equal(titleWords("#general", 0), "#general · Parley")
  assert.equal(titleWords("#general", 3, "Chez nous"), "(3) #general · Chez nous")
  assert.equal(badgeWords(99), "99")
  assert.equal(badgeWords(100), "99+")
})

test("the count shows within the last tenth, and counts as the server does", () => {
  assert.equal(countWords("a".repeat(89), 100).text, "")
  assert.equal(countWords("a".repeat(90), 100).text, "10 characters left")
  assert.equal(countWords("a".repeat(99), 100).text, "1 character left")
  assert.deepEqual(countWords("a".repeat(102), 100), { text: "2 characters too many", isOver: true })
  assert.deepEqual(countWords("👍".repeat(100), 100), { text: "0 characters left", isOver: false })
  assert.equal(countWords("👍".repeat(60), 100).text, "")
})

const now = new Date(2026, 2, 1, 9)

test("days near have names, others dates", () => {
  assert.equal(dayWords(new Date(2026, 2, 1, 0), now), "Today")
  assert.equal(dayWords(new Date(2026, 1, 28, 23), now), "Yesterday")
  assert.equal(dayWords(new Date(2026, 1, 27), now, "en-GB"), "Friday 27 February")
  assert.match(dayWords(new Date(2025, 1, 28), now, "en-GB"), /^Friday,? 28 February 2025$/)
})

test("a day's key is the local day", () => {
  assert.equal(dayKey(new Date(2026, 2, 1, 0, 0)), dayKey(new Date(2026, 2, 1, 23, 59)))
  assert.notEqual(dayKey(new Date(2026, 2, 1)), dayKey(new Date(2026, 1, 1)))
})

test("who is no longer in a room is told by whom they were removed, and why", () => {
  assert.equal(removedWords({ label: "#dev", by: "u1", reason: "spam" }, "Zoe"), "Zoe removed you from #dev: spam")
  assert.equal(removedWords({ label: "Birds", by: "u1" }, "Zoe"), "Zoe removed you from Birds.")
  assert.equal(removedWords({ label: "Birds" }, "somebody"), "Birds is gone, or you are in it no longer.")
})

test("a member who has signed out signs in again, and is no new guest", () => {
  const words = keptOutWords({ state: "closed", code: 4502 }, true)
  assert.deepEqual([words.action, words.isNew], ["Sign in", true])
})

test("a notification says what it is about", () => {
  assert.equal(notificationWords("mention", "Zoe", "#dev"), "Zoe · #dev")
  assert.equal(notificationWords("direct", "Zoe", "Zoe"), "Zoe")
  assert.equal(notificationWords("invite", "Zoe", "Birds"), "Zoe added you to Birds")
})

test("a quote is one line, and short", () => {
  assert.equal(quoteWords({ text: "  one\ntwo" }), "one")
  assert.equal(quoteWords({ text: "\u{1F600}".repeat(200) }), `${"\u{1F600}".repeat(140)}…`)
  assert.equal(quoteWords({ text: "", deleted: true }), "a deleted message")
  assert.equal(quoteWords(undefined), "an earlier message")
})
