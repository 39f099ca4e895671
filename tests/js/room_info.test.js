import assert from "node:assert/strict"
import test from "node:test"

import { newRoom } from "../../static/js/room.js"
import { accessOf, applyInfo, applyRoomChanged, isRenamed, labelOf, muteLeft_ms, titleOf } from "../../static/js/room_info.js"

const described = (name, info) => {
  const room = newRoom(name)
  applyInfo(room, { room: name, ...info })
  return room
}
const changed = (room, change) => applyRoomChanged(room, { type: "room_changed", offset: 1, user: "zoe", name: "Zoe", time: "t", ...change }, "me")

test("the name of a room says its access", () => {
  assert.deepEqual(["general", "u-abc", "p-abc", "d-abc", "p", "dev"].map(accessOf), ["public", "unlisted", "private", "direct", "public", "public"])
})

test("a room is called by its title, or by its name", () => {
  assert.equal(labelOf(described("dev", {}), "me"), "#dev")
  assert.equal(labelOf(described("dev", { title: "Blue Birds" }), "me"), "#Blue Birds")
  assert.equal(labelOf(described("p-abc", { title: "Blue Birds" }), "me"), "Blue Birds")
})

test("a direct room is called by the names of the others", () => {
  const users = [{ user: "me", name: "Me" }, { user: "zoe", name: "Zoe" }, { user: "max", name: "Max" }] // prettier-ignore
  assert.equal(titleOf(described("d-abc", { users }), "me"), "Zoe, Max")
  assert.equal(titleOf(described("d-abc", { users: users.slice(0, 1) }), "me"), "Notes to yourself")
  assert.equal(titleOf(described("d-abc", {}), "me"), "Direct message")
})

test("a change of settings leaves the others as they are", () => {
  const room = described("dev", { title: "Birds", topic: "old", is_locked: true, role: "owner" })
  changed(room, { topic: "new", slow_mode_s: 30 })
  assert.deepEqual([room.title, room.topic, room.isLocked, room.slowMode_s, room.role], ["Birds", "new", true, 30, "owner"])
})

test("a change of a member's role is known of them, and mine of me", () => {
  const room = described("dev", { role: "member", roles: [{ user: "zoe", role: "owner" }] })
  changed(room, { members: [{ user: "max", name: "Max", role: "moderator" }, { user: "me", name: "Me", role: "owner" }] })
  assert.deepEqual([...room.roles], [["zoe", "owner"], ["max", "moderator"], ["me", "owner"]]) // prettier-ignore
  assert.equal(room.role, "owner")
  changed(room, { members: [{ user: "zoe", name: "Zoe", role: "member" }] })
  assert.ok(!room.roles.has("zoe"))
})

test("a mute is mine only if it is about me, and ends", () => {
  const room = described("dev", {})
  changed(room, { members: [{ user: "max", name: "Max", muted_until: "2026-03-01T13:00:00Z" }] })
  const now_ms = Date.parse("2026-03-01T12:00:00Z")
  assert.equal(muteLeft_ms(room, now_ms), 0)
  changed(room, { members: [{ user: "me", name: "Me", muted_until: "2026-03-01T13:00:00Z" }] })
  assert.equal(muteLeft_ms(room, now_ms), 3_600_000)
  assert.equal(muteLeft_ms(room, now_ms + 3_600_000), 0)
  changed(room, { members: [{ user: "me", name: "Me", muted_until: "" }] })
  assert.equal(muteLeft_ms(room, now_ms), 0)
})

test("another name of a person is that of the direct room with them", () => {
  const room = described("d-abc", { users: [{ user: "zoe", name: "guest-1" }, { user: "me", name: "Me" }] }) // prettier-ignore
  changed(room, { members: [{ user: "zoe", name: "Zoe" }] })
  assert.equal(titleOf(room, "me"), "Zoe")
})

test("another name that was chosen elsewhere is told from other changes", () => {
  const me = { user: "me", name: "Ann" }
  const push = (members, user = "me") => ({ type: "room_changed", user, members })
  assert.equal(isRenamed(push([{ user: "me", name: "Anna" }]), me), true)
  assert.equal(isRenamed(push([{ user: "me", name: "Ann" }]), me), false) // chosen here
  assert.equal(isRenamed(push([{ user: "zoe", name: "Zoe" }]), me), false)
  assert.equal(isRenamed(push([{ user: "me", name: "Old" }], "zoe"), me), false) // somebody else's act
  assert.equal(isRenamed(push([{ user: "me", name: "Old", role: "member" }]), me), false)
  assert.equal(isRenamed({ type: "room_changed", user: "me" }, me), false)
})
