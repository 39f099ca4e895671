import assert from "node:assert/strict"
import test from "node:test"

import { Chat } from "../../static/js/chat.js"
import { RoomInfos } from "../../static/js/room_infos.js"
import { Sender } from "../../static/js/sender.js"

/** Hands on what it is given, to those who listen to its type first. */
class FakeParley {
  state = "connected"
  cursor = ""
  #listeners = []

  on(type, listener) {
    this.#listeners.push({ type, listener })
  }
  async send({ room }) {
    return { type: "ok", room, epoch: "e7", offset: 4 }
  }
  push(push) {
    for (const heard of [push.type, "push"]) for (const { type, listener } of this.#listeners) if (type === heard) listener(push)
  }
}

/** A page that shows dev, and a clock that the test sets. */
function open(t) {
  t.mock.timers.enable({ apis: ["setTimeout"] })
  t.mock.method(globalThis, "fetch", async () => Response.json({ messages: [], members: [], more: false }))
  const parley = new FakeParley()
  const rooms = [{ room: "general", offset: 5, unread: 0 }, { room: "dev", offset: 2, unread: 0 }]
  const boot = { user: "me", name: "Me", room: "dev", exists: true, focus: null, rooms, messages: [], more: false, more_after: false }
  const chat = new Chat(boot, parley, new Sender(parley, "me"))
  new RoomInfos(chat, parley)
  const told = []
  chat.addEventListener("left", ({ detail }) => told.push(detail))
  return { parley, chat, told }
}

const gone = { type: "rooms", room: "dev", is_member: false }
const back = { type: "rooms", room: "dev", is_member: true }
const left = { type: "left", room: "dev", epoch: "e7", offset: 3, user: "me", name: "Me" }
const joined = { type: "joined", room: "dev", epoch: "e7", offset: 4, user: "me", name: "Me" }
const hello = {
  type: "hello", user: "me", name: "Me",
  rooms: [{ room: "general", epoch: "e1", offset: 5, unread: 0 }, { room: "dev", epoch: "e7", offset: 4, unread: 0 }],
} // prettier-ignore

test("a room whose log does not tell why it was left is left after a second", (t) => {
  const { parley, chat, told } = open(t)
  parley.push(gone)
  t.mock.timers.tick(999)
  assert.equal(chat.rooms.get("dev").isMember, true)
  t.mock.timers.tick(1)
  assert.equal(chat.rooms.has("dev"), false)
  assert.deepEqual(told, [{ label: "#dev" }])
})

test("a room is left once, for the reason that its log tells", (t) => {
  const { parley, told } = open(t)
  parley.push(gone)
  parley.push({ ...left, by: "zoe", by_name: "Zoe" })
  t.mock.timers.tick(1000)
  assert.deepEqual(told.map(({ by_name }) => by_name), ["Zoe"]) // prettier-ignore
})

for (const [news, pushes] of Object.entries({
  "its log": [gone, left, joined],
  "its log, first": [left, joined, gone, back],
  "a push about it": [gone, back],
  "its log, which lacks that it was left": [gone, joined],
  "a new connection": [gone, hello],
})) {
  test(`a room to which the user is back within a second stays; told by ${news}`, (t) => {
    const { parley, chat } = open(t)
    for (const push of pushes) parley.push(push)
    t.mock.timers.tick(1000)
    assert.equal(chat.rooms.get("dev").isMember, true)
  })
}

test("a room that is left and joined again here within a second stays", async (t) => {
  const { parley, chat } = open(t)
  parley.push(gone) // before the reply to what left it
  await chat.leave("dev")
  await chat.enter({ type: "join", room: "dev" })
  t.mock.timers.tick(1000)
  assert.equal(chat.rooms.get("dev").isMember, true)
})
