import assert from "node:assert/strict"
import test from "node:test"

import { composerNote } from "../../static/js/composer_words.js"
import { newRoom } from "../../static/js/room.js"

const NOW = new Date("2026-03-01T12:00:00Z")
const note = (more, role = "member") => composerNote(Object.assign(newRoom("dev"), { isMember: true, role: "member" }, more), role, NOW)

test("where one can write, nothing is said", () => {
  assert.equal(note({}), null)
  assert.equal(note({ mutedUntil: "2026-03-01T11:59:59Z" }), null)
})

test("why one can't write is said, and blocks sending", () => {
  assert.match(note({ isArchived: true, role: "owner" }).text, /archived/)
  assert.match(note({ isLocked: true }).text, /locked/)
  assert.match(note({ mutedUntil: "2026-03-01T13:00:00Z" }).text, /^You are muted here until /)
  assert.equal(note({ mutedUntil: "9999-12-31T23:59:59Z" }).text, "You are muted here.")
  assert.ok(note({ isLocked: true }).isBlocking)
})

test("slow mode is said to those whom it slows", () => {
  assert.deepEqual(note({ slowMode_s: 30 }), { text: "Slow mode: 30 seconds between two messages.", isBlocking: false })
  assert.equal(note({ slowMode_s: 30, role: "moderator" }), null)
  assert.equal(note({ slowMode_s: 30 }, "owner"), null)
})
