import assert from "node:assert/strict"
import test from "node:test"

import { append, apply, firstUnread, MAX_ITEMS, missingAt, MOST_ITEMS, newTimeline, prepend, trimTop, underlay } from "../../static/js/timeline.js"

const message = (offset, more = {}) => ({
  type: "message", room: "general", epoch: "e1", offset, key: `k${offset}`, user: "u1", name: "Ada",
  text: `text ${offset}`, html: `<p>text ${offset}</p>`, time: "2026-03-01T12:00:00.000Z", ...more,
}) // prettier-ignore
const messages = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => message(from + i))
const offsets = (timeline) => timeline.items.map((item) => item.offset)
const edit = (offset, target, text) => ({ type: "edited", offset, target, user: "u1", time: "t", text, html: text })
const react = (offset, target, user, on) => ({ type: "reaction", offset, target, user, time: "t", emoji: "👍", on })

test("a message is appended", () => {
  assert.deepEqual(offsets(apply(newTimeline(messages(1, 2)), message(3))), [1, 2, 3])
})

test("a message that a page of history has brought already is not repeated by its push", () => {
  const timeline = underlay(newTimeline(), { messages: messages(1, 3), more: false })
  assert.deepEqual(offsets([message(3), message(4)].reduce(apply, timeline)), [1, 2, 3, 4])
})

test("behind a hole nothing is appended, but the newest is known", () => {
  const timeline = apply(newTimeline(messages(1, 2), { moreAfter: true }), message(9))
  assert.deepEqual(offsets(timeline), [1, 2])
  assert.equal(timeline.newest, 9)
})

test("while somebody reads further up, the page takes so many and no more", () => {
  const full = newTimeline(messages(1, MOST_ITEMS))
  const timeline = apply(apply(full, message(MOST_ITEMS + 1)), message(MOST_ITEMS + 2))
  assert.equal(timeline.items, full.items)
  assert.deepEqual([timeline.moreAfter, timeline.newest], [true, MOST_ITEMS + 2])
})

test("an edit replaces text and html and says when", () => {
  const [item] = apply(newTimeline([message(1)]), edit(2, 1, "new")).items
  assert.deepEqual([item.text, item.html, item.edited], ["new", "new", "t"])
})

test("a message mentions whom its newest text does, and nobody when it is deleted", () => {
  const first = message(1, { mentions: ["u2"] })
  const mentions = (...pushes) => pushes.reduce(apply, newTimeline([first])).items[0].mentions ?? []
  const deleted = { type: "deleted", offset: 3, target: 1, user: "u1", time: "t" }
  assert.deepEqual(mentions(), ["u2"])
  assert.deepEqual(mentions({ ...edit(2, 1, "new"), mentions: ["u3"] }), ["u3"])
  assert.deepEqual(mentions(edit(2, 1, "new")), [])
  assert.deepEqual(mentions(deleted), [])
})

test("catching up with an edited message ends with its newest text", () => {
  const scrubbed = { ...edit(2, 1, ""), superseded: true }
  let timeline = apply(newTimeline(), message(1, { text: "third", html: "third", edited: "t" }))
  for (const push of [scrubbed, edit(3, 1, "third")]) {
    timeline = apply(timeline, push)
    assert.deepEqual([timeline.items[0].text, timeline.items[0].edited], ["third", "t"])
  }
})

test("catching up with a deleted message shows that it was deleted", () => {
  const pushes = [
    message(1, { text: "", html: "", deleted: true }), { ...edit(2, 1, ""), superseded: true },
    react(3, 1, "u2", true), { type: "deleted", offset: 4, target: 1, user: "u1", time: "t" },
  ] // prettier-ignore
  for (let n = 1; n <= pushes.length; n++) {
    const [item] = pushes.slice(0, n).reduce(apply, newTimeline()).items
    assert.deepEqual([item.text, item.deleted, item.edited, item.reactions ?? {}], ["", true, undefined, {}])
  }
})

test("a deletion empties a message, takes its reactions, and is the last word", () => {
  const deleted = { type: "deleted", offset: 3, target: 1, user: "u1", time: "t" }
  let timeline = apply(apply(newTimeline([message(1)]), react(2, 1, "u2", true)), deleted)
  timeline = apply(apply(timeline, edit(4, 1, "again")), react(5, 1, "u2", true))
  const [item] = timeline.items
  assert.deepEqual([item.text, item.html, item.deleted, item.reactions], ["", "", true, {}])
})

test("reactions count a user once, and vanish with the last", () => {
  let timeline = newTimeline([message(1)])
  for (const push of [react(2, 1, "u2", true), react(3, 1, "u2", true), react(4, 1, "u3", true)]) {
    timeline = apply(timeline, push)
  }
  assert.deepEqual(timeline.items[0].reactions, { "👍": ["u2", "u3"] })
  timeline = apply(apply(timeline, react(5, 1, "u2", false)), react(6, 1, "u3", false))
  assert.deepEqual(timeline.items[0].reactions, {})
})

test("what means a message out of the window changes nothing shown", () => {
  const before = newTimeline([message(5)])
  assert.equal(apply(before, edit(6, 1, "x")).items, before.items)
})

test("an edit that overtook the page with its message is not lost", () => {
  const timeline = prepend(apply(newTimeline([message(5)], { more: true }), edit(6, 1, "new")), {
    messages: [message(1)], more: false,
  }) // prettier-ignore
  assert.equal(timeline.items[0].text, "new")
  assert.equal(timeline.more, false)
})

test("an overlap of pages repeats nothing", () => {
  const page = { messages: messages(1, 4), more: false }
  assert.deepEqual(offsets(prepend(newTimeline(messages(3, 5)), page)), [1, 2, 3, 4, 5])
  const later = { messages: messages(4, 7), more: false }
  assert.deepEqual(offsets(append(newTimeline(messages(3, 5)), later)), [3, 4, 5, 6, 7])
})

test("scrolling back beyond the cap lets go of the newer end", () => {
  const timeline = prepend(newTimeline(messages(101, 100 + MAX_ITEMS)), { messages: messages(1, 100), more: false })
  assert.equal(timeline.items.length, MAX_ITEMS)
  assert.equal(timeline.items[0].offset, 1)
  assert.equal(timeline.moreAfter, true)
})

test("scrolling forward beyond the cap lets go of the older end", () => {
  const timeline = append(newTimeline(messages(1, MAX_ITEMS), { moreAfter: true }), {
    messages: messages(MAX_ITEMS + 1, MAX_ITEMS + 5), more: false,
  }) // prettier-ignore
  assert.equal(timeline.items[0].offset, 6)
  assert.deepEqual([timeline.more, timeline.moreAfter], [true, false])
})

test("a message that came while the newest page was on its way is still to be loaded", () => {
  const live = apply(newTimeline(messages(1, 2), { moreAfter: true }), message(5))
  const timeline = append(live, { messages: messages(3, 4), more: false })
  assert.equal(timeline.moreAfter, true)
  assert.equal(append(timeline, { messages: [message(5)], more: false }).moreAfter, false)
})

test("a reloaded page and what came meanwhile are joined without hole or repetition", () => {
  const live = apply(apply(newTimeline(), message(8)), edit(9, 7, "new"))
  const timeline = underlay(live, { messages: messages(6, 8), more: true })
  assert.deepEqual(offsets(timeline), [6, 7, 8])
  assert.equal(timeline.items[1].text, "new")
  assert.equal(timeline.more, true)
})

test("a page around an old message is not joined with what came live", () => {
  const timeline = underlay(apply(newTimeline(), message(80)), { messages: messages(6, 8), more: true }, true)
  assert.deepEqual(offsets(timeline), [6, 7, 8])
  assert.deepEqual([timeline.moreAfter, timeline.newest], [true, 80])
})

test("the cap is exact", () => {
  const full = newTimeline(messages(1, MAX_ITEMS))
  assert.equal(trimTop(full), full)
  assert.deepEqual([trimTop(apply(full, message(999))).items[0].offset], [2])
})

test("the first unread is counted back from the newest, passing over one's own", () => {
  const items = [message(1), message(2), message(3, { user: "me" }), message(4)]
  assert.equal(firstUnread(items, 2, "me"), 2)
  assert.equal(firstUnread(items, 0, "me"), 0)
  assert.equal(firstUnread(items, 99, "me"), 1)
})

test("a reaction is no property that every object has", () => {
  for (const emoji of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
    const on = { ...react(2, 1, "bob", true), emoji }
    const reacted = apply(newTimeline([message(1)]), on)
    assert.deepEqual(Object.entries(reacted.items[0].reactions), [[emoji, ["bob"]]])
    const off = apply(reacted, { ...on, offset: 3, on: false })
    assert.deepEqual(Object.entries(off.items[0].reactions), [])
  }
})

const notice = (offset, user, type = "joined") => ({ type, offset, user, name: user, time: "t" })

test("comings and goings take no message's place, however many there are", () => {
  let timeline = newTimeline(messages(1, MAX_ITEMS))
  for (let n = 0; n < 400; n++) timeline = trimTop(apply(timeline, notice(1000 + n, `u${n}`)))
  assert.deepEqual(offsets(timeline).slice(0, MAX_ITEMS), offsets(newTimeline(messages(1, MAX_ITEMS))))
  assert.equal(timeline.more, false)
  assert.ok(timeline.items.length <= MAX_ITEMS + 100)
  assert.equal(timeline.items.at(-1).user, "u399")
})

test("one who comes and goes, again and again, leaves nothing behind", () => {
  let timeline = newTimeline(messages(1, 2))
  for (let n = 0; n < 400; n++) timeline = apply(timeline, notice(10 + n, "u2", n % 2 ? "left" : "joined"))
  assert.deepEqual(offsets(timeline), [1, 2])
})

test("who comes before a message and goes behind it is told of, twice", () => {
  let timeline = apply(newTimeline(messages(1, 2)), notice(3, "u2"))
  timeline = apply(apply(timeline, message(4)), notice(5, "u2", "left"))
  assert.deepEqual(offsets(timeline), [1, 2, 3, 4, 5])
})

test("the cap counts messages when older ones come, too", () => {
  let timeline = newTimeline(messages(101, 100 + MAX_ITEMS), { more: true })
  for (let n = 0; n < 50; n++) timeline = apply(timeline, notice(1000 + n, `u${n}`))
  timeline = prepend(timeline, { messages: messages(41, 100), more: true })
  assert.deepEqual(offsets(timeline), offsets(newTimeline(messages(41, 40 + MAX_ITEMS))))
  assert.equal(timeline.moreAfter, true)
})

test("why a link shows no message: the log ends before it, begins behind it, or has something else there", () => {
  const timeline = newTimeline([message(5), message(8)])
  assert.equal(missingAt(timeline, 5), null)
  assert.equal(missingAt(timeline, 6), "other")
  assert.equal(missingAt(timeline, 9), "beyond")
  assert.equal(missingAt(timeline, 4), "gone")
  assert.equal(missingAt({ ...timeline, moreAfter: true }, 9), "other")
  assert.equal(missingAt({ ...timeline, more: true }, 4), "other")
  assert.equal(missingAt(apply(timeline, notice(9, "u2")), 9), "other")
  assert.equal(missingAt(newTimeline(), 3), "beyond")
})

test("who was removed is told, also if they have just joined", () => {
  const joined = { type: "joined", offset: 2, user: "u2", name: "Bob", time: "t" }
  const removed = { type: "left", offset: 3, user: "u2", name: "Bob", time: "t", by: "u1" }
  const timeline = [joined, removed].reduce(apply, newTimeline([message(1)]))
  assert.deepEqual(offsets(timeline), [1, 2, 3])
})

test("a change of the room is told in its place", () => {
  const change = { type: "room_changed", offset: 2, user: "u1", name: "Ada", time: "t", topic: "birds" }
  const timeline = apply(newTimeline([message(1)]), change)
  assert.deepEqual(timeline.items.at(-1), change)
  assert.deepEqual(timeline.amendments, [])
})

test("an edit keeps a message's files, a deletion removes them", () => {
  const file = { id: "f", name: "a.txt", type: "text/plain", bytes: 1 }
  const edited = [edit(2, 1, "new"), { type: "deleted", offset: 3, target: 1, user: "u1", time: "t" }]
  const timeline = newTimeline([message(1, { files: [file] })])
  assert.deepEqual(apply(timeline, edited[0]).items[0].files, [file])
  assert.equal(edited.reduce(apply, timeline).items[0].files, undefined)
})
