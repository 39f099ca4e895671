import assert from "node:assert/strict"
import test from "node:test"

import { durationWords, endWords, eventWords } from "../../static/js/event_words.js"

const NOW = new Date("2026-03-01T12:00:00Z")
const NAMES = { zoe: "Zoe", max: "Max" }
const say = (event) => eventWords({ offset: 1, user: "zoe", name: "Zoe", time: "t", ...event }, (user) => NAMES[user] ?? "somebody", NOW)
const change = (more) => say({ type: "room_changed", ...more })
const of = (more) => change({ members: [{ user: "max", name: "Max", ...more }] })

test("who was added or removed is said with who did it, and why", () => {
  assert.equal(say({ type: "joined", user: "max", name: "Max", by: "zoe" }), "Zoe added Max")
  assert.equal(say({ type: "left", user: "max", name: "Max", by: "zoe", reason: "spam" }), "Zoe removed Max: spam")
  assert.equal(say({ type: "left", user: "max", name: "Max", by: "gone", by_name: "Yves" }), "Yves removed Max")
  assert.equal(say({ type: "left", user: "max", name: "Max", by: "gone" }), "somebody removed Max")
})

test("each setting is said in words", () => {
  assert.equal(change({ title: "Birds", topic: "", access: "private" }), "Zoe made this room")
  assert.equal(change({ title: "Birds" }), "Zoe named this room “Birds”")
  assert.equal(change({ topic: "All about birds" }), "Zoe set the topic: All about birds")
  assert.equal(change({ topic: "" }), "Zoe took away the topic")
  assert.equal(change({ is_locked: true }), "Zoe locked this room: only moderators write")
  assert.equal(change({ is_archived: false, slow_mode_s: 30 }), "Zoe opened this room again; Zoe set slow mode: 30 seconds between two messages")
  assert.equal(change({ slow_mode_s: 0 }), "Zoe ended slow mode")
  assert.equal(change({ keep_days: 30 }), "Zoe changed how long messages are kept")
})

test("what becomes of a member is said of them", () => {
  assert.equal(of({ role: "moderator" }), "Zoe made Max a moderator")
  assert.match(of({ muted_until: "2026-03-01T12:15:00Z", reason: "noise" }), /^Zoe muted Max until .*: noise$/)
  assert.equal(of({ muted_until: "" }), "Zoe lets Max write again")
  assert.equal(of({ banned_until: "9999-12-31T23:59:59Z", reason: "spam" }), "Zoe banned Max: spam")
  assert.equal(of({ banned_until: "" }), "Zoe lifted the ban of Max")
})

test("another name is said once, in the old one's place", () => {
  assert.equal(change({ name: "guest-7fee", members: [{ user: "zoe", name: "Zoe" }] }), "guest-7fee is now Zoe")
})

test("a moment today is a time, later it has a day, and what is for good has no end", () => {
  const soon = new Date(NOW.getFullYear(), NOW.getMonth(), NOW.getDate(), 23, 59)
  assert.match(endWords(soon.toISOString(), NOW, "en-GB"), /^23:59$/)
  assert.match(endWords("2026-03-09T12:00:00Z", NOW, "en-GB"), /^9 Mar 2026/)
  assert.equal(endWords("9999-12-31T23:59:59Z", NOW), "")
  assert.equal(endWords("nonsense", NOW), "")
})

test("a span is said in the largest whole unit", () => {
  assert.deepEqual([1, 30, 60, 90, 3600, 172_800].map(durationWords), ["1 second", "30 seconds", "1 minute", "90 seconds", "1 hour", "2 days"])
})
