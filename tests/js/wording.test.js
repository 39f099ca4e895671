import assert from "node:assert/strict"
import test from "node:test"

import { badgeWords, countWords, dayKey, dayWords, keptOutWords, noticeWords, statusWords, titleWords, typingWords } from "../../static/js/wording.js"

import { NO_COOKIES, SOMEBODY_ELSE } from "../../static/js/parley.js"

const whole = { isStoreAway: false }

test("the status says how and over what one is connected", () => {
  assert.equal(statusWords({ state: "connected", transport: "websocket" }, whole, 0).text, "Connected over WebSocket")
  assert.equal(statusWords({ state: "connecting", transport: "sse" }, whole, 0).text, "Connecting over Server-Sent Events…")
  assert.equal(statusWords({ state: "connecting" }, whole, 0).text, "Connecting…")
})

test("a tab that saves power says so, and a device without a network needs no countdown", () => {
  assert.equal(statusWords({ state: "connected", transport: "longpoll", isSparing: true }, whole, 0).text, "Connected, and saving power")
  const offline = { state: "waiting", wait_ms: 30_000, retryAt_ms: 30_000, isOffline: true }
  assert.equal(statusWords(offline, whole, 0).text, "Offline: this device has no network.")
})

test("a store that is away is said where there is a connection, and what becomes of one's words", () => {
  const away = { isStoreAway: true }
  const { text } = statusWords({ state: "connected", transport: "sse" }, away, 0)
  assert.equal(text, "The server can't save messages right now. Yours are kept, and sent when it can.")
  assert.equal(statusWords({ state: "connecting" }, away, 0).text, "Connecting…")
})

test("a wait is counted down and can be cut short", () => {
  const status = { state: "waiting", retryAt_ms: 10_000, wait_ms: 8000 }
  assert.deepEqual(statusWords(status, whole, 2000), { text: "Offline: trying again in 8 s.", canTry: true })
  assert.equal(statusWords(status, whole, 9001).text, "Offline: trying again in 1 s.")
  assert.equal(statusWords(status, whole, 99_000).text, "Offline: trying again in 0 s.")
})

test("a short wait is not worth a countdown", () => {
  assert.deepEqual(statusWords({ state: "waiting", retryAt_ms: 900, wait_ms: 900 }, whole, 0), {
    text: "Reconnecting…", canTry: false,
  }) // prettier-ignore
})

test("a goodbye for good says why", () => {
  assert.equal(statusWords({ state: "closed", reason: "banned" }, whole, 0).text, "Disconnected: banned.")
})

test("a reason that is a sentence ends but once", () => {
  const { text } = statusWords({ state: "closed", reason: "You are banned until 12:00 UTC: spam." }, whole, 0)
  assert.equal(text, "Disconnected: You are banned until 12:00 UTC: spam.")
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

test("who has signed out, or is somebody else, is offered no way back but the one that says so", () => {
  for (const code of [4502, SOMEBODY_ELSE, NO_COOKIES]) {
    assert.equal(statusWords({ state: "closed", code, reason: "signed out" }, whole, 0).canTry, false)
  }
  assert.ok(statusWords({ state: "closed", code: 4503, reason: "banned" }, whole, 0).canTry)
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
  assert.equal(noticeWords([], ["A", "B", "C"]), "A, B and C left")
  assert.equal(noticeWords(["A", "B", "C", "D"], []), "A, B and 2 others joined")
})

test("the title counts what is unread", () => {
  assert.equal(titleWords("general", 0), "#general · Parley")
  assert.equal(titleWords("general", 3), "(3) #general · Parley")
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
