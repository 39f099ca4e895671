import assert from "node:assert/strict"
import test from "node:test"

import { keyHelp, shortcutOf } from "../../../static/js/writing/keys.js"

const press = (key, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, ...more })

test("a question mark asks for help, but in a field it is a text", () => {
  assert.equal(shortcutOf(press("?", { shiftKey: true }), false), "help")
  assert.equal(shortcutOf(press("?", { shiftKey: true }), true), null)
})

test("Ctrl or Cmd and K open the switcher, also from a field", () => {
  assert.equal(shortcutOf(press("k", { ctrlKey: true }), true), "switcher")
  assert.equal(shortcutOf(press("K", { metaKey: true }), true), "switcher")
  assert.equal(shortcutOf(press("k", { ctrlKey: true, shiftKey: true }), true), null)
  assert.equal(shortcutOf(press("k"), false), null)
})

test("Alt and arrows go through the rooms, with Shift through the unread ones", () => {
  assert.equal(shortcutOf(press("ArrowUp", { altKey: true }), true), "previous")
  assert.equal(shortcutOf(press("ArrowDown", { altKey: true }), true), "next")
  assert.equal(shortcutOf(press("ArrowUp", { altKey: true, shiftKey: true }), true), "previousUnread")
  assert.equal(shortcutOf(press("ArrowDown", { altKey: true, shiftKey: true }), true), "nextUnread")
  assert.equal(shortcutOf(press("ArrowDown", { altKey: true, ctrlKey: true }), true), null)
  assert.equal(shortcutOf(press("ArrowDown"), true), null)
})

test("an input method that composes keeps its keys", () => {
  assert.equal(shortcutOf(press("ArrowUp", { altKey: true, isComposing: true }), true), null)
})

test("the help names the keys as the keyboard does", () => {
  const named = (isMac) => keyHelp(isMac).flatMap(({ keys }) => keys)
  assert.ok(named(true).includes("⌘") && !named(true).includes("Ctrl"))
  assert.ok(named(false).includes("Ctrl") && !named(false).includes("⌘"))
})
