import assert from "node:assert/strict"
import test from "node:test"

import { catchUpOf } from "../../static/js/catch_up.js"

test.before(() => (globalThis.location = /** @type {any} */ ({ href: "http://parley.test/" })))
test.after(() => delete globalThis.location)

test("it reads on from its cursor until nothing is missing, once at a time", async (t) => {
  const reader = { cursor: "general:e1:5", state: "connected" }
  const asked = []
  t.mock.method(globalThis, "fetch", async (path) => {
    asked.push(new URL(String(path)).searchParams.get("cursor"))
    const offset = 5 + asked.length
    return Response.json({ data: offset < 8 ? [{ type: "message", offset }] : [], timeout: false, cursor: "" })
  })
  const catchUp = catchUpOf(reader, ({ offset }) => (reader.cursor = `general:e1:${offset}`), new AbortController().signal)
  await Promise.all([catchUp(), catchUp()])
  assert.deepEqual(asked, ["general:e1:5", "general:e1:6", "general:e1:7"])
})

for (const [what, cursor] of Object.entries({ "enters a room": "general:e1:5,new:e9:3", "leaves a room": "" })) {
  test(`an answer on its way while the page ${what} is asked for again: its hello may be older`, async (t) => {
    const reader = { cursor: "general:e1:5", state: "connected" }
    const handed = []
    let count = 0
    t.mock.method(globalThis, "fetch", async () => {
      if (++count === 1) reader.cursor = cursor
      return Response.json({ data: [{ type: "hello", count }], timeout: false, cursor: "" })
    })
    await catchUpOf(reader, (push) => handed.push(push), new AbortController().signal)()
    assert.deepEqual(handed, [{ type: "hello", count: 2 }])
  })
}

test("a page that was told not to reconnect asks nothing", async (t) => {
  const asked = t.mock.method(globalThis, "fetch", async () => Response.json({}))
  await catchUpOf({ cursor: "", state: "closed" }, () => {}, new AbortController().signal)()
  assert.equal(asked.mock.callCount(), 0)
})
