import assert from "node:assert/strict"
import test from "node:test"

import { blocksOf } from "../../static/js/preview.js"

const kinds = (text) => blocksOf(text).map(({ kind }) => kind)

test("lines make a paragraph, blank ones part paragraphs", () => {
  assert.deepEqual(blocksOf("a\nb\n\nc"), [{ kind: "p", text: "a\nb" }, { kind: "p", text: "c" }])
})

test("a list begins with something in it", () => {
  assert.deepEqual(blocksOf("- a\n- b"), [{ kind: "ul", start: 1, items: ["a", "b"] }])
  assert.deepEqual(blocksOf("3. a"), [{ kind: "ol", start: 3, items: ["a"] }])
  for (const text of ["-", "+", "*", "1.", "12)", "- ", "- -", "* * *", "- 1."]) {
    assert.deepEqual(blocksOf(text), [{ kind: "p", text: text.trim() }], text)
  }
})

test("signs that stand alone in the middle of a text are text", () => {
  assert.deepEqual(kinds("a\n\n-\n\nb"), ["p", "p", "p"])
  assert.deepEqual(blocksOf("a\n-"), [{ kind: "p", text: "a\n-" }])
})

test("a text of which markup leaves nothing is shown as it is", () => {
  for (const text of [">", "> >", "```", "```\n```"]) assert.deepEqual(blocksOf(text), [{ kind: "p", text }], text)
})

test("quotes and code stay what they are", () => {
  assert.deepEqual(kinds("> a\n\n```\nb\n```"), ["blockquote", "pre"])
})
