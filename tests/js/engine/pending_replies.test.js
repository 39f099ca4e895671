import assert from "node:assert/strict"
import test from "node:test"

import { NoAnswer } from "../../../static/js/engine/http.js"
import { PendingReplies } from "../../../static/js/engine/pending_replies.js"

test("each command gets its own reply, in any order", async () => {
  const pending = new PendingReplies()
  const sent = []
  const replies = Promise.all([1, 2].map(() => pending.ask(1000, (id) => sent.push(id))))
  for (const id of sent.toReversed()) assert.equal(pending.resolve(id, { type: "pong", id }), true)
  assert.deepEqual((await replies).map(({ id }) => id), sent)
  assert.equal(pending.resolve(sent[0], { type: "pong" }), false)
})

test("what the other side, time or the end leaves without a reply is no answer", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] })
  const pending = new PendingReplies()
  const refused = assert.rejects(pending.ask(1000, (id) => queueMicrotask(() => pending.reject(id, "away"))), new NoAnswer("away"))
  await refused
  const late = assert.rejects(pending.ask(1000, () => {}), new NoAnswer("no reply in 1000 ms"))
  t.mock.timers.tick(1000)
  await late
  const ended = assert.rejects(pending.ask(1000, () => {}), new NoAnswer("closed"))
  pending.rejectAll("closed")
  await ended
  await assert.rejects(pending.ask(1000, () => { throw new Error("not open") }), /not open/) // prettier-ignore
})
