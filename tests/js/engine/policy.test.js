import assert from "node:assert/strict"
import test from "node:test"

import {
  backoff_ms, upgrade_ms, deadline_ms, isBetter, isComeBack, moved_ms, silence_ms, stagger_ms, transportsAllowed,
} from "../../../static/js/engine/policy.js" // prettier-ignore

test("backoff is spread over the whole of a growing span", () => {
  assert.equal(backoff_ms(0, 0), 0)
  assert.equal(backoff_ms(0, 0.5), 500)
  assert.equal(backoff_ms(3, 0.5), 4000)
})

test("who is sent away by an instance that stops comes back when it was told to", () => {
  assert.equal(moved_ms({ code: 4000, retry_ms: 300 }), 300)
  assert.equal(moved_ms({ code: 4000, retry_ms: 0 }), 0)
  assert.equal(moved_ms({ code: 4000 }), null) // a close code alone names no moment
  assert.equal(moved_ms({ code: 4001, retry_ms: 300 }), null)
  assert.equal(moved_ms(undefined), null)
})

test("backoff never exceeds half a minute", () => {
  assert.ok(backoff_ms(40, 0.999) < 30_000)
})

test("an upgrade is tried ever less often, and with its trial still within a minute", () => {
  assert.equal(upgrade_ms(0, 0.5), 2500)
  assert.equal(upgrade_ms(2, 0.5), 10_000)
  assert.ok(upgrade_ms(40, 0.999) + 15_000 < 60_000)
})

test("the first has time for its socket, the next for a request; then another may join the race", () => {
  assert.equal(stagger_ms(1, 5), 150)
  assert.equal(stagger_ms(1, 50), 200)
  assert.equal(stagger_ms(2, 5), 100)
  assert.equal(stagger_ms(2, 80), 160)
  assert.equal(stagger_ms(1, 60_000), 3000)
})

test("the deadline follows the round trip between a floor and a cap", () => {
  assert.equal(deadline_ms(10), 2000)
  assert.equal(deadline_ms(500), 4000)
  assert.equal(deadline_ms(60_000), 15_000)
})

test("silence and one more attempt make a dead link show within 30 s, whatever carries", () => {
  for (const transport of ["websocket", "sse", "longpoll"]) {
    assert.ok(silence_ms(transport, { heartbeat_s: 15, hold_s: 20 }) + deadline_ms(100) <= 30_000)
  }
})

test("a poll that rests between two may be silent for as long", () => {
  const terms = { heartbeat_s: 15, hold_s: 0 }
  assert.equal(silence_ms("longpoll", { ...terms, pause_s: 60 }) - silence_ms("longpoll", terms), 60_000)
})

test("a WebSocket is better than events, and these than polling", () => {
  assert.ok(isBetter("websocket", "sse"))
  assert.ok(isBetter("sse", "longpoll"))
  assert.equal(isBetter("sse", "sse"), false)
  assert.equal(isBetter("longpoll", "websocket"), false)
})

test("the address can limit the transports, in our order", () => {
  assert.deepEqual(transportsAllowed("?transports=longpoll,sse"), ["sse", "longpoll"])
})

test("an address that names none or only strange ones limits nothing", () => {
  assert.equal(transportsAllowed("").length, 3)
  assert.equal(transportsAllowed("?transports=pigeon").length, 3)
})

test("codes from 4500 on say: don't come back", () => {
  assert.equal(isComeBack(4499), true)
  assert.equal(isComeBack(4500), false)
  assert.equal(isComeBack(1006), true)
  assert.equal(isComeBack(undefined), true)
})
