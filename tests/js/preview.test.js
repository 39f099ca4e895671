import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import test from "node:test"

import { blocksOf } from "../../static/js/preview.js"

const SHARED = JSON.parse(readFileSync(new URL("../texts.json", import.meta.url), "utf8"))
const kinds = (text) => blocksOf(text).map(({ kind }) => kind)

test("lines make a paragraph, blank ones part paragraphs", () => {
  assert.deepEqual(blocksOf("a\nb\n\nc"), [{ kind: "p", text: "a\nb" }, { kind: "p", text: "c" }])
})

test("a list begins with something in it", () => {
  assert.deepEqual(blocksOf("- a\n- b"), [{ kind: "ul", start: 1, items: [{ text: "a" }, { text: "b" }] }])
  assert.deepEqual(blocksOf("3. a"), [{ kind: "ol", start: 3, items: [{ text: "a" }] }])
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

test("the blocks, languages and large emoji are those of the server", () => {
  for (const [text, blocks] of SHARED.blocks) assert.deepEqual(kinds(text), blocks, text)
  for (const [text, language] of SHARED.languages) assert.equal(blocksOf(text)[0].language, language, text)
  for (const [text, isLarge] of SHARED.emoji) assert.equal(blocksOf(text)[0].isEmoji ?? false, isLarge, text)
})

test("a table has the columns of its head", () => {
  assert.deepEqual(blocksOf("| a | b |\n|:--|:-:|\n| c \\| d | `e` |\n| f"), [
    { kind: "table", aligns: ["left", "center"], rows: [["a", "b"], ["c | d", "`e`"], ["f"]] },
  ])
})

test("tables that would be too large are text, as on the server", () => {
  assert.deepEqual(kinds(`${"|a".repeat(249)}\n${"|-".repeat(249)}`), ["table"])
  assert.deepEqual(kinds(`${"|a".repeat(250)}\n${"|-".repeat(250)}`), ["p"])
})

test("tasks have boxes", () => {
  assert.deepEqual(blocksOf("- [x] a\n- [ ] b\n- [x]\n- [y] c")[0].items, [
    { text: " a", box: "done" },
    { text: " b", box: "open" },
    { text: "[x]" },
    { text: "[y] c" },
  ])
})
