import assert from "node:assert/strict"
import test from "node:test"

import { isSameRow, rowsOf } from "../../static/js/rows.js"

const at = (minute, day = 1) => new Date(2026, 2, day, 12, minute).toISOString()
const message = (offset, more = {}) => ({ type: "message", offset, user: "u1", name: "Ada", time: at(0), ...more })
const notice = (type, offset, name) => ({ type, offset, user: name, name, time: at(0) })
const rows = (items, pending = [], newFrom = 0) => rowsOf(items, pending, { newFrom, me: "me" })
const sketch = (list) => list.map((r) => r.kind + (r.isHead ? "!" : ""))

test("one breath has one head", () => {
  assert.deepEqual(sketch(rows([message(1), message(2)])), ["day", "message!", "message"])
})

test("another author, another name or a pause of more than five minutes has a new head", () => {
  const list = rows([message(1), message(2, { user: "u2" }), message(3, { user: "u2", name: "Bob" })])
  assert.deepEqual(sketch(list).slice(1), ["message!", "message!", "message!"])
  assert.equal(rows([message(1), message(2, { time: at(5) })])[2].isHead, false)
  assert.equal(rows([message(1), message(2, { time: at(6) })])[2].isHead, true)
})

test("a new day has a separator and a head", () => {
  const list = rows([message(1), message(2, { time: at(0, 2) })])
  assert.deepEqual(sketch(list), ["day", "message!", "day", "message!"])
})

test("a day's row is another when today is another day, and only then", () => {
  const on = (today) => rowsOf([message(1)], [], { newFrom: 0, me: "me", today })[0]
  assert.ok(isSameRow(on("2026-3-1"), on("2026-3-1")))
  assert.ok(!isSameRow(on("2026-3-1"), on("2026-3-2")))
})

test("the new line stands once, before the first unread", () => {
  const list = rows([message(1), message(2), message(3)], [], 2)
  assert.deepEqual(sketch(list), ["day", "message!", "new", "message!", "message"])
})

test("a run of comings and goings is one line", () => {
  const list = rows([message(1), notice("joined", 2, "Bob"), notice("joined", 3, "Cy"), notice("left", 4, "Di")])
  assert.deepEqual(sketch(list), ["day", "message!", "notice"])
  assert.deepEqual([list[2].joined, list[2].left], [["Bob", "Cy"], ["Di"]])
})

test("who came and went again is not mentioned", () => {
  const list = rows([message(1), notice("joined", 2, "Bob"), notice("left", 3, "Bob"), message(4)])
  assert.deepEqual(sketch(list), ["day", "message!", "message!"])
})

test("comings and goings are never condensed across the new line", () => {
  const list = rows([notice("joined", 1, "Bob"), message(2), notice("joined", 3, "Cy")], [], 2)
  assert.deepEqual(sketch(list), ["day", "notice", "new", "message!", "notice"])
})

const entry = (key, more = {}) => ({ key, kind: "send", state: "waiting", written_ms: Date.parse(at(1)), ...more })

test("what is not in the log yet stands last, with a head only after somebody else", () => {
  const pending = [entry("a"), entry("b")]
  assert.deepEqual(sketch(rows([message(1)], pending)).slice(2), ["pending!", "pending"])
  assert.deepEqual(sketch(rows([message(1, { user: "me" })], pending)).slice(2), ["pending", "pending"])
})

test("what waits has its day and its pause, as it will when it is delivered", () => {
  const later = entry("a", { written_ms: Date.parse(at(7)) })
  assert.deepEqual(sketch(rows([message(1, { user: "me" })], [later])).slice(2), ["pending!"])
  const nextDay = entry("a", { written_ms: Date.parse(at(1, 2)) })
  assert.deepEqual(sketch(rows([message(1, { user: "me" })], [nextDay])).slice(2), ["day", "pending!"])
})

test("what waits stays the same row while others are answered, and while its own words change", () => {
  const row = (changes) => rows([], [entry("a", changes)])[0]
  const attempt = { at_ms: 1, epoch: "e1", offset: 1 }
  for (const unseen of [{}, { attempt }, { seq: 2 }, { state: "sent" }]) assert.equal(isSameRow(row(), row(unseen)), true)
  for (const seen of [{ state: "refused" }, { text: "other" }, { written_ms: 0 }]) assert.equal(isSameRow(row(), row(seen)), false)
})

test("an edit that waits belongs to its message, and only in the same log", () => {
  const said = message(1, { epoch: "e1" })
  const edit = entry("a", { kind: "edit", target: 1, epoch: "e1", text: "new" })
  const [, plain] = rows([said])
  const [, edited, ...rest] = rows([said], [edit])
  assert.deepEqual([edited.changes, rest], [[edit], []])
  assert.equal(isSameRow(plain, edited), false)
  assert.deepEqual(rows([said], [{ ...edit, epoch: "e2" }])[1].changes, [])
})

for (const [offset, place] of [[1, 1], [3, 2], [9, 3]]) {
  test(`a link to offset ${offset}, where no message is, is answered in its place`, () => {
    const list = rowsOf([message(2), message(5)], [], { newFrom: 0, me: "me", missing: { offset, why: "other" } })
    const shown = list.filter(({ kind }) => kind !== "day").map(({ kind }) => kind)
    assert.equal(shown.indexOf("missing") + 1, place)
  })
}

test("a row is the same while its message is the very same", () => {
  const [first, again] = [rows([message(1)])[1], rows([message(1)])[1]]
  assert.equal(isSameRow(first, { ...first }), true)
  assert.equal(isSameRow(first, again), false)
  assert.equal(isSameRow(first, { ...first, isHead: false }), false)
})

test("those whom somebody adds one after the other are one line", () => {
  const add = (offset, name, by) => ({ ...notice("joined", offset, name), by, by_name: by.toUpperCase() })
  const list = rows([message(1), add(2, "Bob", "zoe"), add(3, "Cy", "zoe"), notice("joined", 4, "Di"), add(5, "Ed", "max")])
  assert.deepEqual(sketch(list), ["day", "message!", "notice"])
  assert.deepEqual(list[2].added, [
    { by: "zoe", byName: "ZOE", names: ["Bob", "Cy"] },
    { by: "max", byName: "MAX", names: ["Ed"] },
  ])
  assert.equal(isSameRow(list[2], rows([message(1), add(2, "Bob", "zoe")])[2]), false)
})

test("who removes others, or changes the room, has a line for each", () => {
  const removal = { ...notice("left", 3, "Bob"), by: "u1" }
  const change = { type: "room_changed", offset: 4, user: "u1", name: "Ada", time: at(0), topic: "birds" }
  const list = rows([message(1), notice("joined", 2, "Bob"), removal, change, notice("joined", 5, "Cy")])
  assert.deepEqual(sketch(list), ["day", "message!", "notice", "event", "event", "notice"])
  assert.deepEqual(list[3].event, removal)
  assert.ok(isSameRow(list[3], rows([removal])[1]))
})

test("that the people of a direct room are in it goes without saying", () => {
  const list = rows([message(1), { ...notice("joined", 2, "Bob"), room: "d-abc", by: "u1" }, message(3)])
  assert.deepEqual(sketch(list), ["day", "message!", "message"])
})

test("a row knows the message that it answers, and is another when that changes", () => {
  const [one, two] = [message(1), message(2, { reply_to: 1 })]
  const of = (items) => rows(items).at(-1)
  assert.equal(of([one, two]).quoted, one)
  assert.equal(of([two]).quoted, undefined)
  assert.ok(isSameRow(of([one, two]), of([one, two])))
  assert.ok(!isSameRow(of([one, two]), of([{ ...one, text: "changed" }, two])))
  assert.ok(!isSameRow(of([one, two]), of([two])))
  const pending = { key: "k", kind: "send", text: "x", written_ms: 0, reply_to: 1 }
  assert.equal(rows([one], [pending]).at(-1).quoted, one)
})
