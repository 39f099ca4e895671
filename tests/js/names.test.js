import assert from "node:assert/strict"
import test from "node:test"

import { hueOf, HUES, initialOf, isMentioned, NameBook } from "../../static/js/names.js"

test("a user keeps the hue, and users spread over all of them", () => {
  assert.equal(hueOf("guest-3f9a"), hueOf("guest-3f9a"))
  const used = new Set(Array.from({ length: 200 }, (_, i) => hueOf(`guest-${i.toString(16)}`)))
  assert.equal(used.size, HUES)
})

test("the initial is the first thing a reader sees as one letter", () => {
  assert.equal(initialOf("ada"), "A")
  assert.equal(initialOf("👩‍🚀 Sally"), "👩‍🚀")
  assert.equal(initialOf(""), "?")
})

test("a name of one person has no suffix", () => {
  const book = new NameBook()
  assert.equal(book.add("user-1234", "Ada"), false)
  assert.equal(book.add("user-1234", "Ada"), false)
  assert.equal(book.suffix("user-1234", "Ada"), "")
})

test("namesakes have one, whatever the case", () => {
  const book = new NameBook()
  book.add("user-1234", "Ada")
  assert.equal(book.add("user-5678", "ADA"), true)
  assert.equal(book.suffix("user-1234", "Ada"), "·1234")
  assert.equal(book.suffix("user-5678", "ADA"), "·5678")
})

test("a mention is a whole word behind an @, whatever the case", () => {
  for (const text of ["@ada", "Hi @Ada!", "(@ada)", "@adam and @ada", "@ada's"]) {
    assert.equal(isMentioned("Ada", text), true, text)
  }
  for (const text of ["ada", "@adam", "me@ada", "@ada-2", "@ada_", "@ ada"]) {
    assert.equal(isMentioned("Ada", text), false, text)
  }
})

test("a name of several words can be mentioned", () => {
  assert.equal(isMentioned("Ada Lovelace", "thanks @ada lovelace."), true)
})
