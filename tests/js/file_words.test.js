import assert from "node:assert/strict"
import test from "node:test"

import { addressOf, filesWords, inWords, shownSize, sizeWords } from "../../static/js/file_words.js"
import { quoteWords } from "../../static/js/wording.js"

const picture = { id: "a", name: "sea.png", type: "image/png", bytes: 9, width: 1600, height: 1200 }
const notes = { id: "b", name: "what? 1/2.txt", type: "text/plain", bytes: 9 }

test("the name of a file is part of its address, whatever is in it", () => {
  assert.equal(addressOf(notes), "/files/b/what%3F%201%2F2.txt")
  assert.equal(addressOf(picture, "thumbnail"), "/files/a/sea.png?size=thumbnail")
})

test("a picture keeps its proportions, and is never enlarged", () => {
  assert.deepEqual(shownSize(picture, true), { width: 360, height: 270 })
  assert.deepEqual(shownSize(picture, false), { width: 200, height: 150 })
  assert.deepEqual(shownSize({ ...picture, width: 300, height: 3000 }, true), { width: 28, height: 280 })
  assert.deepEqual(shownSize({ ...picture, width: 20, height: 10 }, true), { width: 20, height: 10 })
})

test("a picture of one line is seen", () => {
  assert.deepEqual(shownSize({ ...picture, width: 40_000, height: 1 }, true), { width: 360, height: 1 })
})

test("a size has three digits and a unit that people know", () => {
  assert.equal(sizeWords(0), "0 bytes")
  assert.equal(sizeWords(1), "1 byte")
  assert.equal(sizeWords(999), "999 bytes")
  assert.equal(sizeWords(1000), "1 kB")
  assert.equal(sizeWords(1_234_567), "1.23 MB")
  assert.equal(sizeWords(5_000_000_000), "5 GB")
})

test("files are told by what they are", () => {
  assert.equal(filesWords([picture]), "a picture")
  assert.equal(filesWords([picture, picture]), "2 pictures")
  assert.equal(filesWords([notes]), "what? 1/2.txt")
  assert.equal(filesWords([notes, picture]), "2 files")
})

test("where files can't be seen, their names are", () => {
  assert.equal(inWords({ text: "look", files: [picture, notes] }), "look\nsea.png\nwhat? 1/2.txt")
  assert.equal(inWords({ text: "", files: [picture] }), "sea.png")
  assert.equal(inWords({ text: "look" }), "look")
})

test("a quote of a message without text says what it has", () => {
  assert.equal(quoteWords({ text: "", files: [picture] }), "a picture")
  assert.equal(quoteWords({ text: "look", files: [picture] }), "look")
  assert.equal(quoteWords({ text: "", deleted: true }), "a deleted message")
})
