import assert from "node:assert/strict"
import test from "node:test"

import { Memory, recall } from "../../../static/js/engine/memory.js"

const MINUTE_MS = 60_000
const attempt = (transport, lived_ms = 0) => ({ transport, age_ms: 2000, lived_ms, silent_ms: 0, longestSilence_ms: 0 })
const silent = { kind: "silent", detail: "no hello in 2000 ms" }

/** Return a memory of attempts that ended. */
function memoryOf(...ends) {
  const memory = new Memory()
  for (const [ended, end, at_ms = 0] of ends) memory.ended(ended, end, at_ms)
  return memory
}

test("a failure is told without its time, for half an hour", () => {
  const memory = memoryOf([attempt("websocket"), silent])
  const told = [{ transport: "websocket", reason: "silent: no hello in 2000 ms", after_ms: 2000 }]
  assert.deepEqual(memory.recentFailures(29 * MINUTE_MS), told)
  assert.deepEqual(memory.recentFailures(30 * MINUTE_MS), [])
})

test("what is proven has not failed any more", () => {
  const memory = memoryOf([attempt("websocket"), silent])
  memory.proven("websocket")
  assert.deepEqual(memory.failures, {})
})

test("a goodbye is no failure, nor is the end of what worked for a while; advice is", () => {
  const memory = memoryOf(
    [attempt("sse"), { kind: "goodbye", detail: "", goodbye: { type: "goodbye", code: 4001 } }],
    [attempt("longpoll"), { kind: "lost", detail: "" }],
    [attempt("sse", MINUTE_MS), { kind: "died", detail: "" }],
    [attempt("websocket"), { kind: "goodbye", detail: "held up", goodbye: { type: "goodbye", advice: "sse" } }],
  )
  assert.deepEqual(memory.recentFailures(0).map(({ transport, reason }) => [transport, reason]), [["websocket", "moved: held up"]])
})

test("what died young is a failure, and in quarantine", () => {
  const memory = memoryOf([attempt("websocket", 200), { kind: "died", detail: "closed with 1006" }])
  assert.equal(memory.recentFailures(0)[0].reason, "died: closed with 1006")
  assert.ok(memory.quarantine.isQuarantined("websocket"))
})

test("a network that is named belongs to what was learned before; another begins anew", () => {
  const memory = memoryOf([attempt("websocket"), silent])
  assert.equal(memory.arrive("office"), false)
  assert.equal(memory.arrive("office"), false)
  assert.ok(memory.failures.websocket)
  assert.equal(memory.arrive("hotel"), true)
  assert.deepEqual([memory.failures, memory.network], [{}, "hotel"])
})

test("when the server is down, nothing has failed", () => {
  const memory = memoryOf([attempt("websocket"), silent])
  memory.unreachable()
  assert.deepEqual(memory.failures, {})
})

test("what was kept is recalled for half an hour, if it is a memory at all", () => {
  const memory = memoryOf([attempt("websocket", 200), { kind: "died", detail: "" }, 1000])
  assert.deepEqual(recall(JSON.parse(JSON.stringify(memory)), 1000 + 29 * MINUTE_MS), memory)
  assert.deepEqual(recall(structuredClone(memory), 1000), memory)
  assert.deepEqual(recall(memory, 1001 + 30 * MINUTE_MS), new Memory())
  assert.deepEqual(recall(null, 0), new Memory())
  assert.deepEqual(recall("nonsense", 0), new Memory())
})
