// The state of one room on the page.

import assert from "node:assert/strict"
import { test } from "node:test"

import { hasRead, learnUnread, newRoom } from "../../static/js/room.js"

/** A room of which the server knows this, at its offset 10. */
function room({ readTo = 0, unread = 0 }) {
  const made = Object.assign(newRoom("general"), { isMember: true, readTo })
  learnUnread(made, unread, 10)
  return made
}

test("a message is read up to the marker, and where nothing is unread", () => {
  assert.equal(hasRead(room({ readTo: 5, unread: 2 }), 5), true)
  assert.equal(hasRead(room({ readTo: 5, unread: 2 }), 6), false)
  assert.equal(hasRead(room({ readTo: 5 }), 10), true) // read elsewhere
  assert.equal(hasRead(room({ readTo: 5 }), 11), false) // it came later
})

test("whoever has never been in the lobby has read nothing there", () => {
  assert.equal(hasRead(room({}), 10), false)
})

test("who is no member has read up to the marker alone", () => {
  assert.equal(hasRead(Object.assign(room({ readTo: 5 }), { isMember: false }), 6), false)
})
