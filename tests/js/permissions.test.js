import assert from "node:assert/strict"
import test from "node:test"

import { mayDo, roleIn } from "../../static/js/permissions.js"
import { newRoom } from "../../static/js/room.js"

const room = (name, more = {}) => Object.assign(newRoom(name), { isMember: true, role: "member" }, more)
const ORDER = ["describe", "regulate", "delete", "mute", "kick", "ban"]
const OWNERS = ["role", "archive", "remove"]

test("a member is offered to invite and to leave, and nothing that keeps order", () => {
  const dev = room("dev")
  assert.ok(mayDo("invite", dev, "member") && mayDo("leave", dev, "guest") && mayDo("write", dev, "guest"))
  for (const action of [...ORDER, ...OWNERS]) assert.ok(!mayDo(action, dev, "member"), action)
})

test("a moderator keeps order among members, and an owner among all but owners", () => {
  const moderated = room("dev", { role: "moderator" })
  for (const action of ORDER) assert.ok(mayDo(action, moderated, "member"), action)
  for (const action of OWNERS) assert.ok(!mayDo(action, moderated, "member"), action)
  assert.ok(!mayDo("kick", moderated, "member", "moderator"))
  const owned = room("dev", { role: "owner" })
  for (const action of [...ORDER, ...OWNERS]) assert.ok(mayDo(action, owned, "member"), action)
  assert.ok(mayDo("kick", owned, "member", "moderator") && !mayDo("kick", owned, "member", "owner"))
})

test("an owner of the server is one in every room that they may read", () => {
  assert.equal(roleIn(room("dev", { isMember: false }), "owner"), "owner")
  assert.equal(roleIn(room("p-abc", { isMember: false }), "owner"), null)
  assert.equal(roleIn(room("p-abc"), "owner"), "owner")
})

test("in a direct room nobody is above the other", () => {
  const direct = room("d-abc", { role: "owner" })
  assert.ok(mayDo("leave", direct, "member") && mayDo("write", direct, "member"))
  for (const action of ["invite", "regulate", "delete", "mute", "kick", "ban", ...OWNERS]) assert.ok(!mayDo(action, direct, "owner"), action)
})

test("nobody leaves the lobby, or is removed from it", () => {
  const lobby = room("general", { role: "owner" })
  for (const action of ["leave", "invite", "kick", "ban", "remove"]) assert.ok(!mayDo(action, lobby, "owner"), action)
  assert.ok(mayDo("mute", lobby, "owner"))
})

test("in a locked room moderators write, in an archived one nobody", () => {
  assert.ok(!mayDo("write", room("dev", { isLocked: true }), "member"))
  assert.ok(mayDo("write", room("dev", { isLocked: true, role: "moderator" }), "member"))
  assert.ok(!mayDo("write", room("dev", { isArchived: true, role: "owner" }), "member"))
})
