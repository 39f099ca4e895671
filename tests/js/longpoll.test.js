// Polls of one carrier, as the server sees them.

import assert from "node:assert/strict"
import { test } from "node:test"

import { openLongPoll } from "../../static/js/transports/longpoll.js"

const hello = { type: "hello", session: "s1", rooms: [] }

/** Poll against a server that gives these answers; return the queries of all polls. */
async function pollThrough(t, answers) {
  const asked = []
  globalThis.location = /** @type {any} */ ({ href: "http://parley.test/" })
  t.after(() => delete globalThis.location)
  const ended = new Promise((resolve) => {
    t.mock.method(globalThis, "fetch", async (path) => {
      asked.push(Object.fromEntries(new URL(String(path)).searchParams))
      const data = answers.shift()
      if (data === undefined) return new Promise(resolve)
      return Response.json({ data, timeout: data === null, cursor: "general:e1:5" })
    })
  })
  const ignored = () => {}
  const carrier = openLongPoll({
    url: "/poll", session: null, cursor: () => "general:e1:5", heartbeat_s: 15, hold_s: 20, rest_s: 0,
    onOpen: ignored, onPush: ignored, onLife: ignored, onEnd: ignored,
  }) // prettier-ignore
  await ended
  carrier.close()
  return asked
}

test("the first poll asks for hello, and all after it carry the session that this told", async (t) => {
  const asked = await pollThrough(t, [[hello], null])
  assert.deepEqual(asked.map(({ session, hello }) => [session, hello]), [[undefined, "1"], ["s1", undefined], ["s1", undefined]]) // prettier-ignore
})
