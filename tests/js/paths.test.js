import assert from "node:assert/strict"
import { test } from "node:test"

import { pathOf, placeOf, roomAt } from "../../static/js/paths.js"

test("a room's address names it and the message meant", () => {
  assert.equal(pathOf("dev"), "/rooms/dev")
  assert.equal(pathOf("dev", 7), "/rooms/dev/7")
  assert.deepEqual(roomAt(pathOf("dev")), { room: "dev" })
  assert.deepEqual(roomAt(pathOf("dev", 7)), { room: "dev", offset: 7 })
  assert.deepEqual(roomAt("/"), {})
  assert.deepEqual(roomAt(""), {})
})

test("a link to a room or message of this server is told from all others", () => {
  const place = (address) => placeOf(new URL(address, "https://chat.example"), "https://chat.example")
  assert.deepEqual(place("/rooms/dev"), { room: "dev", offset: null })
  assert.deepEqual(place("https://chat.example/rooms/dev/57"), { room: "dev", offset: 57 })
  for (const other of [
    "https://other.example/rooms/dev", "http://chat.example/rooms/dev", "https://chat.example:8443/rooms/dev", "mailto:a@chat.example",
    "/rooms", "/rooms/", "/rooms/Dev", "/rooms/dev/0", "/rooms/dev/x", "/rooms/dev/57/1", "/rooms/dev?a", "/rooms/dev#a", "/files/dev", "/rooms/..%2fdev",
  ]) assert.equal(place(other), null, other) // prettier-ignore
})
