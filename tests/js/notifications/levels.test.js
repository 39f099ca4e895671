// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"

import { levels } from "../../../static/js/notifications/levels.js"

test("a room has the level that was chosen, or the default of its kind", () => {
  levels.learn({ birds: "all", "d-aaaaaaaaaaaaaaaa": "nothing" })
  assert.equal(levels.of("birds"), "all")
  assert.equal(levels.of("general"), "mentions")
  assert.equal(levels.of("d-aaaaaaaaaaaaaaaa"), "nothing")
  assert.equal(levels.of("d-bbbbbbbbbbbbbbbb"), "all")
  levels.set("birds", "nothing")
  assert.equal(levels.of("birds"), "nothing")
})
