import assert from "node:assert/strict"
import test from "node:test"

import { History } from "../../../static/js/engine/history.js"

test("an attempt is told when it begins and when there is news of it; the oldest are dropped", () => {
  let changes = 0
  const history = new History(() => changes++)
  const first = history.begin("websocket", "race", "the best")
  history.update(first, { proven_ms: 160 })
  const [entry] = history.entries
  assert.deepEqual([entry.transport, entry.role, entry.why, entry.proven_ms, entry.ended_ms, entry.outcome], ["websocket", "race", "the best", 160, null, ""])
  assert.equal(changes, 2)
  for (let count = 0; count < 60; count++) history.begin("sse", "upgrade", "")
  assert.equal(history.entries.length, 60)
  assert.ok(history.entries.every(({ id }) => id !== first))
})
