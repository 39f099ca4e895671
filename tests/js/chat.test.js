import assert from "node:assert/strict"
import test from "node:test"

import { Chat } from "../../static/js/chat.js"
import { Sender } from "../../static/js/sender.js"

/** Hands on what it is given: what is applied twice or not at all is Parley's to decide. */
class FakeParley {
  state = "connected"
  cursor = "general:e1:5,dev:e7:0"
  commands = []
  reply = { type: "ok" }
  #hear = () => {}

  on(type, hear) {
    if (type === "push") this.#hear = hear
  }
  async send(command) {
    this.commands.push(command)
    return this.reply
  }
  reattach() {}
  push(push) {
    this.#hear(push)
  }
}

const message = (offset, more = {}) => ({
  type: "message", room: "general", epoch: "e1", offset, key: `k${offset}`, user: "bob", name: "Bob",
  text: `text ${offset}`, html: "", time: "2026-03-01T12:00:00.000Z", ...more,
}) // prettier-ignore

/** A chat that shows general up to offset 5 and is in dev, too. */
function open(more = {}) {
  const parley = new FakeParley()
  const sender = new Sender(parley, "me")
  const rooms = [{ room: "general", offset: 5, unread: 0 }, { room: "dev", offset: 0, unread: 0 }]
  const boot = {
    user: "me", name: "Me", room: "general", focus: null, rooms, cursor: "general:e1:5,dev:e7:0",
    messages: [message(4), message(5)], more: false, more_after: false, ...more,
  } // prettier-ignore
  return { parley, sender, chat: new Chat(boot, parley, sender) }
}

const offsets = (chat) => chat.room.timeline.items.map((item) => item.offset)

/** Answer history with these pages, one after the other, when told to. */
function answerHistory(t, ...pages) {
  const asked = []
  t.mock.method(globalThis, "fetch", async (path) => {
    asked.push(String(path))
    return Response.json(await pages.shift())
  })
  return asked
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test("the next message is shown", () => {
  const { parley, chat } = open()
  parley.push(message(6))
  assert.deepEqual(offsets(chat), [4, 5, 6])
})

test("what nobody watches is unread, and the line stands before the first of it", () => {
  const { parley, chat } = open()
  parley.push(message(6))
  parley.push(message(7))
  assert.equal(chat.rooms.unread, 2)
  assert.equal(chat.room.newFrom, 6)
})

test("what is watched is not unread; the line, once seen, moves to the next unseen", () => {
  const { parley, chat } = open()
  parley.push(message(6))
  chat.isWatching = true
  chat.markRead()
  parley.push(message(7))
  assert.equal(chat.rooms.unread, 0)
  chat.isWatching = false
  parley.push(message(8))
  assert.equal(chat.room.newFrom, 8)
})

test("reading is told once for each new end of the log", () => {
  const { parley, chat } = open()
  chat.markRead()
  chat.markRead()
  parley.push(message(6))
  chat.markRead()
  assert.deepEqual(parley.commands.map(({ type, offset }) => [type, offset]), [["read", 5], ["read", 6]]) // prettier-ignore
})

test("who speaks in another window has read what was there", () => {
  const { parley, chat } = open()
  parley.push(message(6))
  parley.push(message(7, { user: "me" }))
  assert.equal(chat.rooms.unread, 0)
})

test("one's own message comes back by the log and takes its place in the outbox", async () => {
  const { parley, chat } = open()
  parley.reply = { type: "ok", room: "general", epoch: "e1", offset: 6 }
  chat.send("hello")
  assert.equal(chat.pending[0].state, "waiting")
  while (chat.pending[0].state === "waiting") await settled()
  assert.equal(chat.pending[0].state, "sent")
  const [{ key }] = parley.commands
  parley.push(message(6, { user: "me", key }))
  assert.deepEqual(chat.pending, [])
})

test("a room joined elsewhere appears with its own push, and goes on from there", () => {
  const { parley, chat } = open()
  parley.push({ type: "joined", room: "new", epoch: "e9", offset: 3, user: "me", name: "Me" })
  assert.equal(chat.rooms.get("new").isMember, true)
  parley.push(message(4, { room: "new", epoch: "e9" }))
  assert.equal(chat.rooms.get("new").unread, 1)
})

test("joining adds the room whichever comes first, the reply or the push", async () => {
  const { parley, chat } = open()
  parley.reply = { type: "ok", room: "new", epoch: "e9", offset: 3 }
  await chat.enter({ type: "join", room: "new" })
  parley.push({ type: "joined", room: "new", epoch: "e9", offset: 3, user: "me", name: "Me" })
  parley.push(message(4, { room: "new", epoch: "e9" }))
})

test("a hello without a room says that one has left it", () => {
  const { parley, chat } = open()
  const rooms = [{ room: "general", epoch: "e1", offset: 5, unread: 0 }]
  parley.push({ type: "hello", user: "me", name: "Me", rooms })
})

test("a hello does not count twice what is about to come", () => {
  const { parley, chat } = open()
  const rooms = ["general:e1:5:1", "dev:e7:0:0"].map((text) => {
    const [room, epoch, offset, unread] = text.split(":")
    return { room, epoch, offset: Number(offset), unread: Number(unread) }
  })
  parley.push({ type: "hello", user: "me", name: "Me", rooms })
  parley.push(message(6))
  assert.equal(chat.rooms.unread, 1)
})

const reading = (offset, unread, room = "general") => ({ type: "read", room, offset, unread })

test("what came since the server counted stays unread, whichever is told first", () => {
  const { parley, chat } = open()
  chat.isWatching = true
  chat.markRead()
  chat.isWatching = false
  parley.push(message(6))
  parley.push(reading(5, 0)) // counted before 6 was said, and late
  assert.equal(chat.rooms.unread, 1)
  parley.push(reading(6, 1)) // counted after 7 was said, and early
  assert.equal(chat.rooms.unread, 0)
  parley.push(message(7))
  assert.equal(chat.rooms.unread, 1)
})

test("what was read elsewhere before it came here is not unread", () => {
  const { parley, chat } = open()
  parley.push(reading(7, 0))
  for (const offset of [6, 7, 8]) parley.push(message(offset))
  assert.equal(chat.rooms.unread, 1)
  assert.equal(chat.room.newFrom, 8)
})

test("of what was unread when the page came, the server says how much was read elsewhere", () => {
  const { parley, chat } = open({ rooms: [{ room: "dev", offset: 40, unread: 30 }] })
  parley.push(message(41, { room: "dev", epoch: "e7" }))
  parley.push(reading(20, 21, "dev"))
  assert.equal(chat.rooms.unread, 21)
  parley.push(reading(40, 1, "dev"))
  assert.equal(chat.rooms.unread, 1)
})

test("a resync loads the room anew, with what comes meanwhile, and shows the old until then", async (t) => {
  const { parley, chat } = open()
  const page = deferred()
  answerHistory(t, page.promise)
  parley.push({ type: "resync", room: "general", epoch: "e2", offset: 2 })
  assert.deepEqual(offsets(chat), [4, 5])
  parley.push(message(3, { epoch: "e2" }))
  page.resolve({ messages: [message(1, { epoch: "e2" }), message(2, { epoch: "e2" })], more: false })
  for (let turn = 0; turn < 5; turn++) await settled()
  assert.deepEqual(offsets(chat), [1, 2, 3])
})

test("older pages are asked for from the first message shown, one at a time", async (t) => {
  const { chat } = open({ more: true })
  const asked = answerHistory(t, { messages: [message(2), message(3)], more: false })
  await Promise.all([chat.history.older(chat.room), chat.history.older(chat.room)])
  assert.deepEqual(offsets(chat), [2, 3, 4, 5])
  assert.equal(asked.length, 1)
  assert.match(asked[0], /before=4/)
})

test("what could not be loaded can be asked for again", async (t) => {
  const { chat } = open({ more: true })
  t.mock.method(globalThis, "fetch", async () => { throw new TypeError("away") }) // prettier-ignore
  await chat.history.older(chat.room)
  assert.equal(chat.history.loading, "failed")
  t.mock.restoreAll()
  answerHistory(t, { messages: [message(3)], more: false })
  chat.history.retry()
  for (let turn = 0; turn < 5; turn++) await settled()
  assert.equal(chat.history.loading, "")
  assert.deepEqual(offsets(chat), [3, 4, 5])
})

test("a mention elsewhere marks the room until it is read", () => {
  const { parley, chat } = open()
  parley.push({ type: "notification", kind: "mention", room: "dev", offset: 1, user: "bob", text: "@me" })
  assert.equal(chat.rooms.get("dev").isMentioned, true)
  parley.push({ type: "read", room: "dev", offset: 1, unread: 0 })
  assert.equal(chat.rooms.get("dev").isMentioned, false)
})

/** Promise.withResolvers, which Node.js 20 lacks. */
function deferred() {
  const made = {}
  made.promise = new Promise((resolve) => Object.assign(made, { resolve }))
  return made
}

test("who was removed by somebody is told by whom and why", () => {
  const { parley, chat } = open()
  const told = []
  chat.addEventListener("left", ({ detail }) => told.push(detail))
  parley.push({ type: "left", room: "general", epoch: "e1", offset: 6, user: "me", name: "Me", by: "bob", by_name: "Bob", reason: "spam" })
  assert.deepEqual([told[0].label, told[0].by_name, told[0].reason], ["#general", "Bob", "spam"])
})

test("who left by themselves is told nothing", () => {
  const { parley, chat } = open()
  const told = []
  chat.addEventListener("left", ({ detail }) => told.push(detail))
  parley.push({ type: "left", room: "general", epoch: "e1", offset: 6, user: "me", name: "Me" })
  assert.equal(told[0] ?? null, null)
})

test("the rooms are called what the page says that they are", () => {
  const rooms = [{ room: "general", offset: 5, unread: 0, title: "Lobby" }, { room: "p-abc", offset: 0, unread: 0, title: "Birds" }] // prettier-ignore
  const { chat } = open({ rooms, role: "owner" })
  assert.deepEqual([chat.label, chat.rooms.get("p-abc").title, chat.role], ["#Lobby", "Birds", "owner"])
})

test("a name that somebody gave up is not theirs any more", () => {
  const { parley, chat } = open()
  parley.push({ type: "room_changed", room: "general", epoch: "e1", offset: 6, user: "zoe", name: "guest-1", time: "t", members: [{ user: "zoe", name: "Zoe" }] })
  assert.equal(chat.names.nameOf("zoe"), "Zoe")
})
