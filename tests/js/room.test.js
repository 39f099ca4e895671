// The state of one room on the page.

import assert from "node:assert/strict"
import { test } from "node:test"

import { learnUnread, newRoom, readUpTo } from "../../static/js/room.js"

/** A room of which the server knows this, at its offset 10. */
function room({ readTo = 0, unread = 0 }) {
  const made = Object.assign(newRoom("general"), { isMember: true, readTo })
  learnUnread(made, unread, 10)
  return made
}

test("a room is read up to the marker, and where nothing is unread, up to what the server has counted", () => {
  assert.equal(readUpTo(room({ readTo: 5, unread: 2 })), 5)
  assert.equal(readUpTo(room({ readTo: 5 })), 10)
  assert.equal(readUpTo(room({ readTo: 11 })), 11)
})

test("whoever has never been in the lobby has read nothing there", () => {
  assert.equal(readUpTo(room({})), 0)
})

test("who is no member has read up to the marker alone", () => {
  assert.equal(readUpTo(Object.assign(room({ readTo: 5 }), { isMember: false })), 5)
})
