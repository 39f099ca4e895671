import assert from "node:assert/strict"
import test from "node:test"

import { formatCursor, parseCursor } from "../../../static/js/engine/cursor.js"

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
