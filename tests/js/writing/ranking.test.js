import assert from "node:assert/strict"
import test from "node:test"

import { bestOf, fold, keysOf, rank, SHOWN } from "../../../static/js/writing/ranking.js"

const entries = (...names) => names.map((name) => ({ name, keys: keysOf([name]) }))
const found = (names, query) => bestOf(entries(...names), query).map(({ name }) => name)

test("case, accents, width and special letters do not matter", () => {
  for (const [typed, name] of [["rene", "René"], ["STRASSE", "Straße"], ["lodz", "Łódź"], ["ada", "Ａｄａ"], ["oresund", "Øresund"], ["istanbul", "İstanbul"]]) {
    assert.equal(rank(fold(typed), fold(name)), 0, name)
  }
})

test("Arabic is found without its marks, Chinese by a character, Korean by half a syllable", () => {
  assert.deepEqual(found(["أحمد", "محمد"], "احم"), ["أحمد"])
  assert.deepEqual(found(["مُحَمَّد"], "محمد"), ["مُحَمَّد"])
  assert.deepEqual(found(["王小明", "小红"], "小"), ["小红", "王小明"])
  assert.deepEqual(found(["한국"], "하"), ["한국"])
})

test("the same comes first, then what begins so, then a word that does, then what has it inside", () => {
  assert.deepEqual(found(["Leander", "Mary Ann", "Anna", "Ann"], "ann"), ["Ann", "Anna", "Mary Ann"])
  assert.deepEqual(found(["Leander", "Mary Anders", "Andrea"], "and"), ["Andrea", "Mary Anders", "Leander"])
})

test("a later word counts although the query was inside an earlier one", () => {
  assert.equal(rank("at", "cat at home"), 2)
})

test("what is equally good keeps its order, and what does not fit is left out", () => {
  assert.deepEqual(found(["Bea", "Ben", "Ada"], "be"), ["Bea", "Ben"])
  assert.deepEqual(found(["Ada"], "adam"), [])
})

test("a name counts more than other words for it", () => {
  const both = [{ keys: keysOf(["crying cat"], ["sad"]), id: 1 }, { keys: keysOf(["sad face"]), id: 2 }, { keys: keysOf(["sad"]), id: 3 }] // prettier-ignore
  assert.deepEqual(bestOf(both, "sad").map(({ id }) => id), [3, 1, 2]) // prettier-ignore
})

test("an empty query finds all, and the list is bounded", () => {
  const many = Array.from({ length: 50 }, (_, number) => `n${number}`)
  assert.equal(found(many, "").length, SHOWN)
  assert.equal(bestOf(entries(...many), "n", 20).length, 20)
})
