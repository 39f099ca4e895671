// The state of one room on the page.

import assert from "node:assert/strict"
import { test } from "node:test"

import { readUpTo, learnUnread, newRoom } from "../../static/js/room.js"

/** A room of which the server knows this, at its offset 10. */
function room({ readTo = 0, unread = 0 }) {
  const made = Object.assign(newRoom("general"), { isMember: true, readTo })
  learnUnread(made, unread, 10)
  return made
}

test("a room is read up to the marker, or as far as the server counted where nothing is unread", () => {
  assert.equal(readUpTo(room({ readTo: 5, unread: 2 })), 5)
  assert.equal(readUpTo(room({ readTo: 5 })), 10) // read elsewhere
  assert.equal(readUpTo(room({ readTo: 12 })), 12)
})

test("whoever has never been in the lobby has read nothing there", () => {
  assert.equal(readUpTo(room({})), 0)
})

test("who is no member has read up to the marker alone", () => {
  assert.equal(readUpTo(Object.assign(room({ readTo: 5 }), { isMember: false })), 5)
})
