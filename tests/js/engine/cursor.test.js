import assert from "node:assert/strict"
import test from "node:test"

import { formatCursor, hasSameRooms, parseCursor } from "../../../static/js/engine/cursor.js"

test("a cursor read and written again is the same", () => {
  const text = "general:k3v9:57,dev-2:a1b2:0"
  assert.equal(formatCursor(parseCursor(text)), text)
})

test("no text is a cursor without rooms", () => {
  assert.equal(parseCursor("").size, 0)
  assert.equal(formatCursor([]), "")
})

for (const text of ["general", "general:e1", "general:e1:01", "Général:e1:1", "a:e:1,", "a:e:1,a:e:2", "-a:e:1"]) {
  test(`${text} is no cursor`, () => {
    assert.throws(() => parseCursor(text), RangeError)
  })
}

test("cursors have the same rooms wherever these are read, and in any order", () => {
  assert.equal(hasSameRooms("general:e1:5,dev:e7:0", "dev:e8:9,general:e1:6"), true)
  assert.equal(hasSameRooms("general:e1:5,dev:e7:0", "general:e1:5"), false)
  assert.equal(hasSameRooms("", "general:e1:5"), false)
})
