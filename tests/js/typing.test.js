import assert from "node:assert/strict"
import test from "node:test"

import { newRoom } from "../../static/js/room.js"
import { Typing } from "../../static/js/typing.js"

test("somebody who types is shown for 5 s after the last time", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] })
  let changes = 0
  const typing = new Typing(() => changes++)
  const room = newRoom("general")
  typing.heard(room, "ann", "Ann")
  t.mock.timers.tick(3000)
  typing.heard(room, "ann", "Ann")
  t.mock.timers.tick(4999)
  assert.deepEqual([[...room.typing.keys()], changes], [["ann"], 2])
  t.mock.timers.tick(20)
  assert.deepEqual([[...room.typing.keys()], changes], [[], 3])
})

test("the others are told once in 3 s, and at once after a message", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 10_000 })
  const typing = new Typing(() => {})
  assert.deepEqual([typing.isDue(), typing.isDue()], [true, false])
  t.mock.timers.tick(3000)
  assert.deepEqual([typing.isDue(), typing.isDue()], [true, false])
  typing.sent()
  assert.equal(typing.isDue(), true)
})
