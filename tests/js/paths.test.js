import assert from "node:assert/strict"
import { test } from "node:test"

import { pathOf, roomAt } from "../../static/js/paths.js"

test("a room's address names it and the message meant", () => {
  assert.equal(pathOf("dev"), "/rooms/dev")
  assert.equal(pathOf("dev", 7), "/rooms/dev/7")
  assert.deepEqual(roomAt(pathOf("dev")), { room: "dev" })
  assert.deepEqual(roomAt(pathOf("dev", 7)), { room: "dev", offset: 7 })
  assert.deepEqual(roomAt("/"), {})
  assert.deepEqual(roomAt(""), {})
})
