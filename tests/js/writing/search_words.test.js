// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { queryOf } from "../../../static/js/writing/search_words.js"

for (const [text, query] of [
  ["", ""],
  ["a", ""],
  ["東", ""],
  ["ab", "ab*"],
  ["green bui", "green bui*"],
  ["green build ", "green build"],
  ['"green bui', '"green bui'],
  ['"green build"', '"green build"'],
  ['"a b" an', '"a b" an*'],
  ["from:an", "from:an*"],
  ["x in:gar", "x in:gar"],
  ["x before:2026-01-31", "x before:2026-01-31"],
  ["bui*", "bui*"],
  ["what?", "what?"],
]) {
  test(`of "${text}" is asked "${query}"`, () => assert.equal(queryOf(text), query))
}
