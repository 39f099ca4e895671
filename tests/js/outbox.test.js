import assert from "node:assert/strict"
import test from "node:test"

import { answered, expire, GIVE_UP_MS, next, nextExpiry_ms, queue, retry, without } from "../../static/js/outbox.js"

const one = { key: "k1", room: "general", text: "one" }
const two = { key: "k2", room: "general", text: "two" }
const both = () => queue(queue([], one, 0), two, 10)
const states = (outbox) => outbox.map((entry) => `${entry.key} ${entry.state}`)

test("the oldest waiting entry is sent next", () => {
  assert.equal(next(both()).key, "k1")
})

test("an accepted entry waits for its message, and the next is sent", () => {
  const { outbox, wait_ms } = answered(both(), "k1", { type: "ok" })
  assert.deepEqual(states(outbox), ["k1 sent", "k2 sending"])
  assert.equal(wait_ms, 0)
  assert.equal(next(outbox).key, "k2")
})

test("a refused entry fails with the server's words, and does not hold up the next", () => {
  const { outbox } = answered(both(), "k1", { type: "error", code: "muted", message: "You are muted." })
  assert.deepEqual(states(outbox), ["k1 failed", "k2 sending"])
  assert.equal(outbox[0].reason, "You are muted.")
})

for (const code of ["rate_limited", "unavailable"]) {
  test(`${code} keeps the entry where it is, for as long as the server says`, () => {
    const { outbox, wait_ms } = answered(both(), "k1", { type: "error", code, retry_ms: 700 }, 100)
    assert.deepEqual(states(outbox), ["k1 sending", "k2 sending"])
    assert.equal(nextExpiry_ms(outbox), 100 + GIVE_UP_MS)
    assert.equal(wait_ms, 700)
  })
}

test("any answer gives those that wait their turn more time, and leaves when they were written", () => {
  const { outbox } = answered(both(), "k1", { type: "ok" }, 20_000)
  assert.equal(outbox[1].since_ms, 10)
  assert.deepEqual(states(expire(outbox, GIVE_UP_MS + 10)), ["k1 sent", "k2 sending"])
})

test("an entry is given up exactly after GIVE_UP_MS", () => {
  assert.equal(nextExpiry_ms(both()), GIVE_UP_MS)
  assert.deepEqual(states(expire(both(), GIVE_UP_MS - 1)), ["k1 sending", "k2 sending"])
  assert.deepEqual(states(expire(both(), GIVE_UP_MS)), ["k1 failed", "k2 sending"])
})

test("an entry given up is sent no more", () => {
  const outbox = expire(both(), GIVE_UP_MS + 10)
  assert.equal(next(outbox), undefined)
  assert.equal(nextExpiry_ms(outbox), null)
})

test("a retry keeps the key and goes behind what waits", () => {
  const outbox = retry(expire(both(), GIVE_UP_MS), "k1", 99)
  assert.deepEqual(states(outbox), ["k2 sending", "k1 sending"])
  assert.deepEqual(outbox[1], { ...one, state: "sending", since_ms: 99, reason: undefined })
})

test("a retry has all its time, whatever was answered before", () => {
  const { outbox } = answered(both(), "k1", { type: "ok" }, 100)
  const late = retry(expire(outbox, GIVE_UP_MS + 100), "k2", 200_000)
  assert.equal(nextExpiry_ms(late), 200_000 + GIVE_UP_MS)
})

test("only a failed entry can be retried", () => {
  const before = both()
  assert.equal(retry(before, "k1", 99), before)
})

test("a late answer ends the doubt about an entry given up", () => {
  const { outbox } = answered(expire(both(), GIVE_UP_MS), "k1", { type: "ok" })
  assert.deepEqual(states(outbox), ["k1 sent", "k2 sending"])
  assert.equal(outbox[0].reason, undefined)
})

test("the arrived message takes its entry out in any state", () => {
  assert.deepEqual(states(without(both(), "k1")), ["k2 sending"])
  assert.deepEqual(states(without(expire(both(), GIVE_UP_MS), "k1")), ["k2 sending"])
})

test("somebody else's key changes nothing", () => {
  const before = both()
  assert.equal(without(before, "k9"), before)
})
