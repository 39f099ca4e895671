import assert from "node:assert/strict"
import test from "node:test"

import { Quarantine } from "../../../static/js/engine/quarantine.js"

/** Return a quarantine after ends of a WebSocket at these ages. */
function after(...lives) {
  const quarantine = new Quarantine()
  for (const lived_ms of lives) quarantine.ended("websocket", lived_ms)
  return quarantine
}

test("what ends within 5 s is in quarantine at once, what ends later the second time in a row", () => {
  assert.equal(after(4999).isQuarantined("websocket"), true)
  assert.equal(after(4999).isQuarantined("sse"), false)
  assert.equal(after(5000).isQuarantined("websocket"), false)
  assert.equal(after(5000, 59_999).isQuarantined("websocket"), true)
  assert.equal(after(59_999, 60_000, 5000).isQuarantined("websocket"), false)
})

test("it must live three times as long as before, between 5 and 15 s", () => {
  assert.deepEqual([after(200), after(3000), after(10_000, 30_000), after()].map((one) => one.trial_ms("websocket")), [5000, 9000, 15_000, 0])
})

test("what has passed its trial returns with its next early end", () => {
  const quarantine = after(200)
  quarantine.passed("websocket")
  assert.equal(quarantine.isQuarantined("websocket"), false)
  quarantine.ended("websocket", 20_000)
  assert.equal(quarantine.isQuarantined("websocket"), true)
})

test("what is forgotten is trusted", () => {
  const quarantine = after(200)
  quarantine.forget("websocket")
  quarantine.ended("websocket", 20_000)
  assert.equal(quarantine.isQuarantined("websocket"), false)
})
