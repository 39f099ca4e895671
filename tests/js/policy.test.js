import assert from "node:assert/strict"
import test from "node:test"

import { backoff_ms, deadline_ms, isComeBack, isUnstable, recentFailures, silence_ms, transportsAllowed } from "../../static/js/policy.js"

test("backoff is spread over the whole of a growing span", () => {
  assert.equal(backoff_ms(0, 0), 0)
  assert.equal(backoff_ms(0, 0.5), 500)
  assert.equal(backoff_ms(3, 0.5), 4000)
})

test("backoff never exceeds half a minute", () => {
  assert.ok(backoff_ms(40, 0.999) < 30_000)
})

test("the deadline follows the round trip, above a floor of one second", () => {
  assert.equal(deadline_ms(10, 0), 1000)
  assert.equal(deadline_ms(250, 0), 1000)
  assert.equal(deadline_ms(251, 0), 1004)
})

test("later rounds are more patient, up to a cap", () => {
  assert.equal(deadline_ms(10, 2), 4000)
  assert.equal(deadline_ms(10, 9), 15_000)
})

test("a stream may miss one heartbeat, a poll its whole hold", () => {
  const terms = { heartbeat_s: 20, poll_hold_s: 25 }
  assert.equal(silence_ms("websocket", terms), 30_000)
  assert.equal(silence_ms("sse", terms), 30_000)
  assert.equal(silence_ms("longpoll", terms), 35_000)
})

test("failures are told without their time, and forgotten after five minutes", () => {
  const failures = new Map([["websocket", { reason: "closed", after_ms: 12, at_ms: 1000 }]])
  const told = [{ transport: "websocket", reason: "closed", after_ms: 12 }]
  assert.deepEqual(recentFailures(failures, 300_999), told)
  assert.deepEqual(recentFailures(failures, 301_000), [])
})

test("the address can limit the transports, in our order", () => {
  assert.deepEqual(transportsAllowed("?transports=longpoll,sse"), ["sse", "longpoll"])
})

test("an address that names none or only strange ones limits nothing", () => {
  assert.equal(transportsAllowed("").length, 3)
  assert.equal(transportsAllowed("?transports=pigeon").length, 3)
})

test("one early end may be a restart, two are the network's doing", () => {
  assert.equal(isUnstable(undefined), false)
  assert.equal(isUnstable(1), false)
  assert.equal(isUnstable(2), true)
})

test("codes from 4500 on say: don't come back", () => {
  assert.equal(isComeBack(4499), true)
  assert.equal(isComeBack(4500), false)
  assert.equal(isComeBack(1006), true)
  assert.equal(isComeBack(undefined), true)
})
