import assert from "node:assert/strict"
import test from "node:test"

import * as outbox from "../../static/js/outbox.js"

const { answered, attempted, commandOf, inOrder, KEY_LIFE_MS, lookedUp, mustBeLookedUp, next, queue, retry, retryAll, revise, settledBy, withdraw } = outbox

const DAY_MS = 24 * 3_600_000
const send = (key, text = key) => ({ kind: "send", key, room: "general", text })
const edit = (key, text, more = {}) => ({ kind: "edit", key, room: "general", target: 7, epoch: "e1", text, ...more })
const both = () => queue(queue([], send("k1"), 0), send("k2"), 10)
const states = (entries) => inOrder(entries).map(({ key, state }) => `${key} ${state}`)
const ok = (offset) => ({ type: "ok", room: "general", epoch: "e1", offset })
const error = (code, more = {}) => ({ type: "error", code, message: "No.", ...more })
const tried = (entries, key, now_ms = 0) => attempted(entries, key, { epoch: "e1", offset: 5 }, now_ms)
const message = (key, offset, text = key) => ({ type: "message", room: "general", epoch: "e1", user: "me", key, offset, text })

test("the oldest that waits is sent next, however long it has waited", () => {
  assert.equal(next(both()).key, "k1")
  assert.equal(mustBeLookedUp(next(both()), 400 * DAY_MS), false) // it has never left: it can't be doubled
})

test("what is accepted waits for its message, and the next is sent", () => {
  const { outbox: after, wait_ms } = answered(both(), "k1", ok(6))
  assert.deepEqual([states(after), wait_ms], [["k1 sent", "k2 waiting"], 0])
  assert.equal(next(after).key, "k2")
})

test("only a refusal fails it, with the server's words, and does not hold up the next", () => {
  const { outbox: after } = answered(both(), "k1", error("muted", { message: "You are muted." }))
  assert.deepEqual(states(after), ["k1 refused", "k2 waiting"])
  assert.equal(after[0].reason, "You are muted.")
})

for (const code of ["rate_limited", "unavailable"]) {
  test(`${code} keeps it at its place, for as long as the server says`, () => {
    const before = both()
    const { outbox: after, wait_ms } = answered(before, "k1", error(code, { retry_ms: 700 }))
    assert.equal(after, before)
    assert.equal(wait_ms, 700)
  })
}

test("a retry keeps the key and goes behind what waits; all of them keep their order", () => {
  let entries = queue(both(), send("k3"), 20)
  for (const key of ["k1", "k2"]) entries = answered(entries, key, error("muted")).outbox
  assert.deepEqual(states(retry(entries, "k1", 99)), ["k2 refused", "k3 waiting", "k1 waiting"])
  assert.equal(retry(entries, "k1", 99).find(({ key }) => key === "k1").written_ms, 99)
  assert.deepEqual(states(retryAll(entries, 99)), ["k3 waiting", "k1 waiting", "k2 waiting"])
  assert.equal(retry(entries, "k3", 99), entries) // it waits as it is
})

test("what arrives is taken out in any state, and nobody else's", () => {
  assert.deepEqual(states(settledBy(both(), message("k1", 6), "me")), ["k2 waiting"])
  const { outbox: refused } = answered(both(), "k1", error("muted"))
  assert.deepEqual(states(settledBy(refused, message("k1", 6), "me")), ["k2 waiting"])
  const before = both()
  assert.equal(settledBy(before, { ...message("k1", 6), user: "bob" }, "me"), before)
  assert.equal(settledBy(before, message("k9", 6), "me"), before)
})

test("before a key is sent that the server may have forgotten, the log is looked into", () => {
  const entry = tried(both(), "k1", 1000)[0]
  assert.equal(mustBeLookedUp(entry, 1000 + KEY_LIFE_MS), false)
  assert.equal(mustBeLookedUp(entry, 1001 + KEY_LIFE_MS), true)
  assert.equal(mustBeLookedUp(entry, 999), true) // the clock was put back
  assert.equal(tried(tried(both(), "k1", 1000), "k1", 9000)[0].attempt.at_ms, 1000) // the first counts
})

test("what the look has found is sent, what it has not goes again, and else its author decides", () => {
  const entries = tried(both(), "k1")
  assert.deepEqual(states(lookedUp(entries, "k1", { found: 6, epoch: "e1" })), ["k1 sent", "k2 waiting"])
  const absent = lookedUp(entries, "k1", "absent")
  assert.deepEqual(states(absent), ["k1 waiting", "k2 waiting"])
  assert.equal(mustBeLookedUp(absent[0], 400 * DAY_MS), false)
  const unknown = lookedUp(entries, "k1", "unknown")
  assert.deepEqual(states(unknown), ["k1 doubtful", "k2 waiting"])
  assert.match(unknown[0].reason, /may have been sent more than a day ago/)
  assert.equal(next(unknown).key, "k2")
  assert.equal(mustBeLookedUp(retry(unknown, "k1", 5).find(({ key }) => key === "k1"), 400 * DAY_MS), false)
})

test("what waits and has never left is edited in its place", () => {
  const entries = revise(both(), "k1", "better", 99)
  assert.deepEqual(states(entries), ["k1 waiting", "k2 waiting"])
  assert.deepEqual(commandOf(entries[0]), { type: "send", room: "general", text: "better", key: "k1" })
})

test("what may have left is sent as edited, and where it was stored before that, edited there", () => {
  const entries = revise(tried(both(), "k1"), "k1", "better", 99)
  assert.equal(commandOf(entries[0]).text, "better")
  const conflicting = answered(entries, "k1", error("key_conflict")).outbox
  assert.equal(commandOf(conflicting[0]).text, "k1") // asks where it stands
  const after = answered(conflicting, "k1", ok(6)).outbox
  assert.deepEqual(commandOf(next(after)), { type: "edit", room: "general", offset: 6, text: "better" })
  assert.deepEqual(states(after).map((text) => text.split(" ")[1]), ["waiting", "waiting"])
})

test("of several texts that may have been stored each is asked for, and then it is refused", () => {
  let entries = revise(tried(both(), "k1"), "k1", "second", 99)
  entries = revise(entries, "k1", "third", 99)
  const asked = []
  for (let n = 0; n < 3; n++) {
    asked.push(commandOf(entries.find(({ key }) => key === "k1")).text)
    entries = answered(entries, "k1", error("key_conflict")).outbox
  }
  assert.deepEqual(asked, ["third", "second", "k1"])
  assert.deepEqual(states(entries), ["k1 refused", "k2 waiting"])
})

test("what arrives as it was before its edit is edited; as it is after, it is not", () => {
  const entries = revise(tried(both(), "k1"), "k1", "better", 99)
  const before = settledBy(entries, message("k1", 6, "k1"), "me")
  assert.deepEqual(commandOf(next(before)), { type: "edit", room: "general", offset: 6, text: "better" })
  assert.deepEqual(states(settledBy(entries, message("k1", 6, "better"), "me")), ["k2 waiting"])
})

test("an edit of what was refused sends it again", () => {
  const { outbox: refused } = answered(both(), "k1", error("too_long"))
  assert.deepEqual(states(revise(refused, "k1", "short", 99)), ["k2 waiting", "k1 waiting"])
})

test("what has never left is taken back at once; what may have left is deleted where it arrives", () => {
  assert.deepEqual(states(withdraw(both(), "k1")), ["k2 waiting"])
  const gone = withdraw(tried(both(), "k1"), "k1")
  assert.deepEqual(states(gone), ["k1 withdrawn", "k2 waiting"])
  assert.equal(mustBeLookedUp(next(gone), 0), true) // it is not sent to find out
  assert.deepEqual(states(lookedUp(gone, "k1", "absent")), ["k2 waiting"])
  const found = lookedUp(gone, "k1", { found: 6, epoch: "e1" })
  assert.deepEqual(commandOf(next(found)), { type: "delete", room: "general", offset: 6 })
  assert.deepEqual(commandOf(next(settledBy(gone, message("k1", 6), "me"))), { type: "delete", room: "general", offset: 6 })
})

test("of several edits that wait the last is sent; one that may have left is not replaced", () => {
  let entries = queue(queue([], edit("a", "one"), 0), edit("b", "two"), 1)
  assert.deepEqual(entries.map(({ text }) => text), ["two"])
  entries = queue(tried(entries, "b"), edit("c", "three"), 2)
  assert.deepEqual(entries.map(({ text }) => text), ["two", "three"])
  assert.equal(queue(entries, edit("d", "other", { target: 8 }), 3).length, 3)
})

test("a deletion takes the place of what was to be done to its message", () => {
  const react = { kind: "react", key: "r", room: "general", target: 7, epoch: "e1", emoji: "👍", on: true }
  const entries = queue(queue(queue([], edit("a", "one"), 0), react, 1), { ...edit("d"), kind: "delete" }, 2)
  assert.deepEqual(entries.map(({ kind }) => kind), ["delete"])
})

test("a change is over when the log has brought it, or something behind it", () => {
  const entries = queue([], edit("a", "new"), 0)
  const edited = { type: "edited", room: "general", epoch: "e1", user: "me", target: 7, text: "new", offset: 9 }
  assert.deepEqual(settledBy(entries, edited, "me"), [])
  assert.equal(settledBy(entries, { ...edited, text: "older" }, "me"), entries)
  assert.deepEqual(settledBy(entries, { ...edited, type: "deleted", user: "moderator" }, "me"), [])
  const sent = answered(entries, "a", ok(9)).outbox
  assert.deepEqual(states(sent), ["a sent"])
  assert.equal(settledBy(sent, message("k5", 8), "bob"), sent)
  assert.deepEqual(settledBy(sent, { ...message("k5", 10), type: "joined" }, "me"), [])
})

test("a room in slow mode holds up only its own messages, until it takes the next", () => {
  const entries = queue(both(), { ...send("k3"), room: "dev" }, 20)
  const closed = new Map([["general", 1000]])
  assert.equal(next(entries, closed, 999).key, "k3")
  assert.equal(next(entries, closed, 1000).key, "k1")
})

test("an answer says what it answers, and others say nothing", () => {
  assert.deepEqual(commandOf({ ...send("k1"), reply_to: 7 }), { type: "send", room: "general", text: "k1", key: "k1", reply_to: 7 })
  assert.ok(!("reply_to" in commandOf(send("k1"))))
})

test("a message names its files, also one without a text", () => {
  const files = [{ id: "f1", name: "sea.png", type: "image/png", bytes: 9, width: 3, height: 2 }, { id: "f2", name: "a.txt", type: "text/plain", bytes: 9 }]
  const entries = queue([], { ...send("k1", ""), files }, 0)
  assert.deepEqual(commandOf(entries[0]), { type: "send", room: "general", text: "", key: "k1", files: ["f1", "f2"] })
  const revised = revise(entries, "k1", "look", 5)
  assert.deepEqual(commandOf(revised[0]).files, ["f1", "f2"])
})
