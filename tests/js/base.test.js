// Below which path the server is, and the addresses of rooms there.

import assert from "node:assert/strict"
import { test } from "node:test"

import { BASE, baseOf } from "../../static/js/engine/base.js"
import { pathOf, roomAt } from "../../static/js/paths.js"

test("the base path is what stands before the folder of files", () => {
  for (const base of ["", "/chat", "/a/b.c/~d", "/static", "/static/js"]) {
    for (const file of ["/static/v0123456789ab/js/engine/base.js", "/static/js/engine/base.js"]) {
      assert.equal(baseOf(`https://host.example:8443${base}${file}`), base)
    }
  }
})

test("a module that no server has sent is below nothing", () => {
  assert.equal(baseOf("file:///srv/chat/static/js/engine/base.js"), "")
  assert.equal(BASE, "")
})

test("a room's address names it and the message meant", () => {
  assert.equal(pathOf("dev"), "/rooms/dev")
  assert.equal(pathOf("dev", 7), "/rooms/dev/7")
  assert.deepEqual(roomAt(pathOf("dev")), { room: "dev" })
  assert.deepEqual(roomAt(pathOf("dev", 7)), { room: "dev", offset: 7 })
  assert.deepEqual(roomAt("/"), {})
  assert.deepEqual(roomAt(""), {})
})
