import assert from "node:assert/strict"
import test from "node:test"

import { Positions } from "../../../static/js/engine/positions.js"

const open = (cursor = "general:e1:4") => Object.assign(new Positions(cursor), { user: "me" })
const message = (offset, more = {}) => ({ type: "message", room: "general", epoch: "e1", offset, user: "bob", ...more })
const hello = (...rooms) => ({ type: "hello", user: "me", rooms })

test("the next offset is applied, and moves the cursor", () => {
  const positions = open()
  assert.equal(positions.judge(message(5)), "apply")
  assert.equal(positions.cursor, "general:e1:5")
})

test("an offset seen already is a duplicate, however old", () => {
  const positions = open()
  assert.equal(positions.judge(message(4)), "duplicate")
  assert.equal(positions.judge(message(1)), "duplicate")
})

test("of two ways that bring the same, the first counts", () => {
  const positions = open()
  const verdicts = [5, 6, 5, 6, 7, 7].map((offset) => positions.judge(message(offset)))
  assert.deepEqual(verdicts, ["apply", "apply", "duplicate", "duplicate", "apply", "duplicate"])
})

test("a logged type that only a newer server knows counts, too", () => {
  const positions = open()
  assert.equal(positions.judge(message(5, { type: "pinned" })), "apply")
  assert.equal(positions.judge(message(6)), "apply")
  assert.equal(positions.judge({ type: "ok", room: "general", epoch: "e1", offset: 9 }), "apply")
  assert.equal(positions.cursor, "general:e1:6")
})

test("a skipped offset and another epoch are gaps, and move nothing", () => {
  const positions = open()
  assert.equal(positions.judge(message(6)), "gap")
  assert.equal(positions.judge(message(5, { epoch: "e2" })), "gap")
  assert.equal(positions.cursor, "general:e1:4")
})

test("a resync moves the cursor wherever it says, once", () => {
  const positions = open()
  const resync = { type: "resync", room: "general", epoch: "e2", offset: 2 }
  assert.equal(positions.judge(resync), "apply")
  assert.equal(positions.judge(resync), "duplicate")
  assert.equal(positions.judge(message(3, { epoch: "e2" })), "apply")
})

test("a heartbeat ahead of the cursor finds the hole, one behind it finds nothing", () => {
  const positions = open()
  const beat = (tops) => positions.judge({ type: "heartbeat", tops })
  assert.equal(beat({ general: "e1:4" }), "apply")
  assert.equal(beat({ general: "e1:3" }), "apply")
  assert.equal(beat({ dev: "e9:3" }), "apply", "just joined")
  assert.equal(beat({ general: "e1:5" }), "gap")
  assert.equal(beat({ general: "e2:1" }), "gap")
})

test("a notification that comes by several ways is told once", () => {
  const positions = open()
  const notification = { type: "notification", kind: "mention", room: "general", offset: 5 }
  const verdicts = [notification, notification, { ...notification, kind: "invite" }, { ...notification, offset: 6 }]
  assert.deepEqual(verdicts.map((push) => positions.judge(push)), ["apply", "duplicate", "apply", "apply"])
})

test("hello begins with rooms that are new, keeps the place in others, and ends those left", () => {
  const positions = open("general:e1:4,dev:e7:9")
  positions.judge(hello({ room: "general", epoch: "e1", offset: 8 }, { room: "new", epoch: "e3", offset: 2 }))
  assert.equal(positions.cursor, "general:e1:4,new:e3:2")
})

test("a room that I join begins with that, one that I leave ends", () => {
  const positions = open()
  assert.equal(positions.judge(message(3, { type: "joined", room: "new", user: "me" })), "apply")
  assert.equal(positions.judge(message(4, { room: "new" })), "apply")
  assert.equal(positions.judge(message(5, { type: "left", room: "new", user: "me" })), "apply")
  assert.equal(positions.judge(message(6, { room: "new" })), "duplicate")
})

test("a reply to join that comes after the push changes nothing", () => {
  const positions = open()
  positions.judge(message(3, { type: "joined", room: "new", user: "me" }))
  positions.judge(message(4, { room: "new" }))
  positions.enter("new", { epoch: "e1", offset: 3 })
  assert.equal(positions.at("new").offset, 4)
})

test("who is further on, or in more rooms, is ahead", () => {
  assert.equal(open().isBehind("general:e1:4"), false)
  assert.equal(open().isBehind("general:e1:3"), false)
  assert.equal(open().isBehind("general:e1:5"), true)
  assert.equal(open().isBehind("general:e2:1"), true)
  assert.equal(open().isBehind("general:e1:4,dev:e7:0"), true)
})
