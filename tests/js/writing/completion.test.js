import assert from "node:assert/strict"
import test from "node:test"

import { completionAt, replacement } from "../../../static/js/writing/completion.js"

/** @param {string} text with | for the caret */
const at = (text) => completionAt(text.replace("|", ""), text.indexOf("|"))
const what = (text) => {
  const found = at(text)
  return found && `${found.kind} ${found.query}`
}

test("each sign begins its kind of name", () => {
  assert.equal(what("hello @ad|"), "person ad")
  assert.equal(what("see #blue b|"), "room blue b")
  assert.equal(what("nice :smi|"), "emoji smi")
  assert.equal(what("/to|"), "command to")
})

test("a person or room is offered at the sign alone, an emoji from two letters on", () => {
  assert.deepEqual([what("@|"), what("#|"), what("/|")], ["person ", "room ", "command "])
  assert.deepEqual([what(":|"), what(":s|"), what(":sm|")], [null, null, "emoji sm"])
})

test("inside a word, a sign is none", () => {
  for (const text of ["ada@exa|", "C#sharp|", "10:30|", "http://exa|", "a::before|", "note:this|", "x/to|", "see /to|"]) assert.equal(what(text), null, text)
})

test("what has a space after the sign is a text: a heading, a quote of a name", () => {
  for (const text of ["# Heading|", "@ noon|", "see: this|"]) assert.equal(what(text), null, text)
})

test("names may have spaces and be of any script, and end with the line", () => {
  assert.equal(what("@mary an|"), "person mary an")
  assert.equal(what("@أحم|"), "person أحم")
  assert.equal(what("你好 @小|"), "person 小")
  assert.equal(what("＠小|"), "person 小")
  assert.equal(what("@ada\nand|"), null)
})

test("only what is before the caret counts", () => {
  assert.equal(what("@ad| and @bob"), "person ad")
  assert.equal(what("/to|pic"), "command to")
})

test("an emoji written to its end is known as such", () => {
  assert.deepEqual(at("so :tada:|"), { kind: "emoji", query: "tada", start: 3, end: 9, isClosed: true })
  assert.equal(at("so :tada|")?.isClosed, undefined)
  assert.equal(what("so :tada: and|"), null)
})

test("a choice replaces the sign and what follows it, with one space behind", () => {
  const put = (text, insert) => {
    const found = at(text)
    const written = text.replace("|", "")
    const done = replacement(written, found, insert)
    return `${written.slice(0, found.start)}${done.text}|${written.slice(done.end)}`
  }
  assert.equal(put("hello @ad|", "@Ada"), "hello @Ada |")
  assert.equal(put("hello @ad| how", "@Ada"), "hello @Ada |how")
  assert.equal(put(":smi|x", "😄"), "😄 |x")
  assert.equal(put("@ad|\nhello", "@Ada"), "@Ada |\nhello")
})

test("a long text is looked at only near the caret", () => {
  const text = `${"x".repeat(5000)} @ad`
  assert.deepEqual(completionAt(text, text.length), { kind: "person", query: "ad", start: 5001, end: 5004 })
  assert.equal(completionAt(`/${"x".repeat(200)}`, 201), null)
})
