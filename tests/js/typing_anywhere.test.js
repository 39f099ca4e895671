import assert from "node:assert/strict"
import test from "node:test"

import { isWriting } from "../../static/js/typing_anywhere.js"

const key = (name, more = {}) => ({
  key: name, ctrlKey: false, metaKey: false, altKey: false, isAltGraph: false, isComposing: false, ...more,
}) // prettier-ignore

test("what writes a character is meant for the composer", () => {
  for (const name of ["a", "A", "é", "ß", "ש", "日", "😀", "/", "'", "1", "Dead", "Process"]) assert.ok(isWriting(key(name)), name)
  assert.ok(isWriting(key("@", { ctrlKey: true, altKey: true, isAltGraph: true })), "AltGr and Q")
})

test("so is what is pasted", () => {
  assert.ok(isWriting(key("v", { ctrlKey: true })))
  assert.ok(isWriting(key("V", { metaKey: true })))
})

test("what moves, opens or is a shortcut is not", () => {
  for (const name of [" ", "Enter", "Tab", "Escape", "ArrowUp", "Home", "PageDown", "F5", "Backspace", "Delete", "Shift", "Control", "AltGraph", "ContextMenu"]) {
    assert.ok(!isWriting(key(name)), name)
  }
  assert.ok(!isWriting(key("c", { ctrlKey: true })))
  assert.ok(!isWriting(key("a", { metaKey: true })))
  assert.ok(!isWriting(key("d", { altKey: true })))
  assert.ok(!isWriting(key("v", { ctrlKey: true, altKey: true })))
  assert.ok(!isWriting(key("a", { isComposing: true })))
})
