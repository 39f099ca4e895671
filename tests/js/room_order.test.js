import assert from "node:assert/strict"
import test from "node:test"

import { newRoom } from "../../static/js/room.js"
import { inOrder, neighbour } from "../../static/js/room_order.js"

const room = (name, more = {}) => Object.assign(newRoom(name), { isMember: true }, more)
const names = (rooms) => rooms.map(({ name }) => name)

test("the lobby is first, then rooms by title, numbers by their value, and direct rooms apart", () => {
  const { rooms, directs } = inOrder([room("t10"), room("t2"), room("d-1", { title: "Bob" }), room("p-1", { title: "Alps" }), room("general"), room("left", { isMember: false })], "u1")
  assert.deepEqual(names(rooms), ["general", "p-1", "t2", "t10"])
  assert.deepEqual(names(directs), ["d-1"])
})

const LIST = [room("a"), room("b", { unread: 2 }), room("c"), room("d", { unread: 1 })]

test("the next room comes after the last as the first", () => {
  assert.deepEqual([neighbour(LIST, "a", 1)?.name, neighbour(LIST, "d", 1)?.name, neighbour(LIST, "a", -1)?.name], ["b", "a", "d"])
})

test("rooms that are not meant are skipped, the present one too", () => {
  const isUnread = ({ unread }) => unread > 0
  assert.deepEqual([neighbour(LIST, "b", 1, isUnread)?.name, neighbour(LIST, "a", -1, isUnread)?.name], ["d", "d"])
  assert.equal(neighbour([room("a"), room("b")], "a", 1, isUnread), undefined)
  assert.equal(neighbour([room("a")], "a", 1), undefined)
})

test("from a room that is not one's own, the way leads to the first or the last", () => {
  assert.deepEqual([neighbour(LIST, "x", 1)?.name, neighbour(LIST, "x", -1)?.name], ["a", "d"])
})
