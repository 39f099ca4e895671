import assert from "node:assert/strict"
import test from "node:test"

import { judge, roomsBehind } from "../../static/js/judge.js"

const seen = { epoch: "e1", offset: 4 }

test("the next offset is applied", () => {
  assert.equal(judge(seen, { epoch: "e1", offset: 5 }), "apply")
})

test("an offset seen already is a duplicate, however old", () => {
  assert.equal(judge(seen, { epoch: "e1", offset: 4 }), "duplicate")
  assert.equal(judge(seen, { epoch: "e1", offset: 1 }), "duplicate")
})

test("a skipped offset is a gap, not silently applied", () => {
  assert.equal(judge(seen, { epoch: "e1", offset: 6 }), "gap")
})

test("another epoch asks for a resync, whatever the offset", () => {
  assert.equal(judge(seen, { epoch: "e2", offset: 5 }), "resync")
})

const positions = new Map([["general", seen]])

test("a heartbeat that tells what was seen finds nothing", () => {
  assert.deepEqual(roomsBehind(positions, { general: "e1:4" }), [])
})

test("a heartbeat older than what was seen finds nothing", () => {
  assert.deepEqual(roomsBehind(positions, { general: "e1:3" }), [])
})

test("a heartbeat ahead of what was seen finds the hole", () => {
  assert.deepEqual(roomsBehind(positions, { general: "e1:5" }), ["general"])
  assert.deepEqual(roomsBehind(positions, { general: "e2:1" }), ["general"])
})

test("a room just joined is not yet behind", () => {
  assert.deepEqual(roomsBehind(positions, { dev: "e9:3" }), [])
})
