import assert from "node:assert/strict"
import test from "node:test"

import { hueOf, HUES, initialOf, NameBook } from "../../static/js/names.js"

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
  assert.equal(book.add({ user: "user-1234", name: "Ada" }), false)
  assert.equal(book.add({ user: "user-1234", name: "Ada" }), false)
  assert.equal(book.suffix("user-1234", "Ada"), "")
  assert.equal(book.full({ user: "user-1234", name: "Ada" }), "Ada")
})

test("namesakes have one, whatever the case", () => {
  const book = new NameBook()
  book.add({ user: "user-1234", name: "Νίκος" })
  assert.equal(book.add({ user: "user-5678", name: "ΝΊΚΟΣ".toLowerCase() }), true)
  assert.equal(book.suffix("user-1234", "Νίκος"), "·1234")
  assert.equal(book.full({ user: "user-5678", name: "νίκος" }), "νίκος·5678")
})

test("names that look the same have one, as the server says", () => {
  const book = new NameBook()
  book.add({ user: "user-1234", name: "Alice", skeleton: "allce" })
  assert.equal(book.add({ user: "user-5678", name: "AIice", skeleton: "allce" }), true)
  assert.equal(book.add({ user: "user-9abc", name: "\u0410lice", skeleton: "allce" }), true)
  for (const [user, name] of [["user-1234", "Alice"], ["user-5678", "AIice"], ["user-9abc", "\u0410lice"]]) {
    assert.equal(book.suffix(user, name), `·${user.slice(-4)}`)
  }
})

test("a name whose skeleton is itself in lower case comes without one", () => {
  const book = new NameBook()
  book.add({ user: "user-1234", name: "Ada" })
  assert.equal(book.add({ user: "user-5678", name: "\u0430da", skeleton: "ada" }), true)
})

test("a suffix is as long as it takes to tell people apart", () => {
  const book = new NameBook()
  book.add({ user: "guest-00112233aaaa", name: "Ada" })
  book.add({ user: "guest-99112233aaaa", name: "Ada" })
  assert.equal(book.suffix("guest-00112233aaaa", "Ada"), "·00112233aaaa")
})

test("no name breaks the book", () => {
  const book = new NameBook()
  for (const name of ["constructor", "__proto__", "toString"]) {
    assert.equal(book.add({ user: "user-1234", name }), false)
    assert.equal(book.suffix("user-1234", name), "")
  }
})
