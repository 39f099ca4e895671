import assert from "node:assert/strict"
import test from "node:test"

import {
  died, failed, newMemory, onNetwork, proven, quiet_s, recall, recentFailures, settled, trialOf_ms,
} from "../../static/js/engine/memory.js" // prettier-ignore

const MINUTE_MS = 60_000
const failure = { reason: "silent: no hello in 2000 ms", after_ms: 2000, at_ms: 0 }
const cut = (lived_ms, idle_ms = 0) => ({ lived_ms, idle_ms })
const cuts = (...all) => all.reduce((memory, one) => died(memory, "sse", one, 0), newMemory())

test("a failure is told without its time, for half an hour", () => {
  const memory = failed(newMemory(), "websocket", failure)
  const told = [{ transport: "websocket", reason: failure.reason, after_ms: 2000 }]
  assert.deepEqual(recentFailures(memory, 29 * MINUTE_MS), told)
  assert.deepEqual(recentFailures(memory, 30 * MINUTE_MS), [])
})

test("what is proven has not failed any more", () => {
  assert.deepEqual(proven(failed(newMemory(), "websocket", failure), "websocket").failures, {})
})

test("what died young is on trial, and stays so when it is proven again", () => {
  const memory = died(newMemory(), "websocket", cut(200), 0)
  assert.equal(trialOf_ms(memory, "websocket"), 5000)
  assert.equal(trialOf_ms(proven(memory, "websocket"), "websocket"), 5000)
  assert.equal(trialOf_ms(failed(memory, "websocket", failure), "websocket"), 5000)
  assert.match(recentFailures(memory, 0)[0].reason, /^died: /)
})

test("what has settled is trusted again", () => {
  const memory = settled(died(newMemory(), "websocket", cut(200), 0), "websocket")
  assert.equal(trialOf_ms(memory, "websocket"), 0)
})

test("what dies again after its trial needs a longer one", () => {
  const memory = died(died(newMemory(), "websocket", cut(200), 0), "websocket", cut(6000), 0)
  assert.equal(trialOf_ms(memory, "websocket"), 15_000)
})

test("what worked for a while and ended is no failure", () => {
  assert.deepEqual(cuts(cut(60_000)).failures, {})
})

test("two ends after the same silence are a limit to stay below", () => {
  assert.equal(quiet_s(cuts(cut(90_000, 10_000)), 15), 15, "one may be chance")
  const memory = cuts(cut(90_000, 10_000), cut(33_000, 10_400))
  assert.equal(quiet_s(memory, 15), 6)
  assert.equal(quiet_s(memory, 4), 4, "it is never longer than usual")
})

test("ends in the middle of a conversation say nothing of silence", () => {
  assert.equal(quiet_s(cuts(cut(90_000, 1000), cut(33_000, 1000)), 15), 15)
})

test("two ends at the same age are a limit of life", () => {
  assert.equal(cuts(cut(10_000, 100), cut(10_050, 900)).life_ms, 10_000)
  assert.equal(cuts(cut(10_000, 100), cut(20_000, 900)).life_ms, null)
})

test("another network begins anew, the same does not", () => {
  const memory = onNetwork(failed(newMemory(), "websocket", failure), "office")
  assert.ok(memory.failures.websocket, "what was learnt before it had a name belongs to it")
  assert.equal(onNetwork(memory, "office"), memory)
  assert.deepEqual(onNetwork(memory, "hotel").failures, {})
})

test("what was kept is recalled for half an hour, if it is a memory at all", () => {
  const memory = failed(newMemory(), "websocket", { ...failure, at_ms: 1000 })
  assert.deepEqual(recall(JSON.parse(JSON.stringify(memory)), 1000 + 29 * MINUTE_MS), memory)
  assert.deepEqual(recall(memory, 1001 + 30 * MINUTE_MS), newMemory())
  assert.deepEqual(recall(null, 0), newMemory())
  assert.deepEqual(recall("nonsense", 0), newMemory())
})
