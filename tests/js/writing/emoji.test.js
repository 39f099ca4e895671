import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import test from "node:test"

import { emojiOfCode, findEmoji, GROUP_NAMES, groupsOf, usedAgain } from "../../../static/js/writing/emoji.js"

const read = (language) => JSON.parse(readFileSync(new URL(`../../../static/emoji/${language}.json`, import.meta.url), "utf8"))
const GROUPS = groupsOf(read("en"))
const found = (query, groups = GROUPS) => findEmoji(groups, query, 8).map(({ emoji }) => emoji)

test("an emoji is found by its code, its name and words for it", () => {
  assert.equal(found("tada")[0], "🎉")
  assert.equal(found("smile")[0], "😄")
  assert.equal(found("heart_eyes")[0], "😍")
  assert.equal(found("thumbs up")[0], "👍")
  assert.ok(found("happy").includes("😀"))
  assert.ok(found("smi").length === 8)
})

test("and by its name in the reader's own language, with or without accents", () => {
  assert.ok(found("grins", groupsOf(read("en"), read("de"))).includes("😀"))
  assert.equal(found("éléphant", groupsOf(read("en"), read("fr")))[0], "🐘")
  assert.equal(found("elephant", groupsOf(read("en"), read("fr")))[0], "🐘")
  assert.equal(found("大笑", groupsOf(read("en"), read("zh")))[0], "😄")
  assert.ok(found("قلب احمر", groupsOf(read("en"), read("ar"))).includes("❤️"))
})

test("in a page in that language they are shown by that name, and their codes stay", () => {
  const [{ emoji }] = groupsOf(read("en"), read("de"), true)
  assert.equal(emoji[0].name, "grinsendes Gesicht")
  assert.ok(emoji[0].codes.includes("grinning_face"))
  assert.equal(groupsOf(read("en"), read("de"))[0].emoji[0].name, "grinning face")
})

test("the names of all groups can be translated", () => {
  assert.deepEqual(GROUPS.map(({ name }) => name), GROUP_NAMES)
})

test("of those that fit as well, one that was used lately comes first", () => {
  assert.equal(findEmoji(GROUPS, "smi", 8, ["🥰"])[0].emoji, "🥰")
})

test("a code between colons means one emoji, or none", () => {
  assert.equal(emojiOfCode(GROUPS, "tada")?.emoji, "🎉")
  assert.equal(emojiOfCode(GROUPS, "+1")?.emoji, "👍")
  assert.equal(emojiOfCode(GROUPS, "distorted_face")?.emoji, "🫪")
  assert.equal(emojiOfCode(GROUPS, "nosuch"), undefined)
})

test("what was used last is first, once, and the oldest is dropped", () => {
  assert.deepEqual(usedAgain(["a", "b"], "b"), ["b", "a"])
  const many = Array.from({ length: 24 }, (_, at) => String(at))
  assert.deepEqual(usedAgain(many, "new"), ["new", ...many.slice(0, 23)])
})
