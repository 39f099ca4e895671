// What an attempt's end says: of the network, or of the server.

import assert from "node:assert/strict"
import { test } from "node:test"

import { Attempt } from "../../../static/js/engine/attempt.js"

/** Return the end of a long poll whose first request is answered so. */
async function endOf(t, response) {
  globalThis.location = /** @type {any} */ ({ href: "http://parley.test/" })
  t.after(() => delete globalThis.location)
  t.mock.method(globalThis, "fetch", async (path) => (String(path).includes("/poll") ? response : Response.json({ replies: [{ type: "pong" }] })))
  return new Promise((resolve) => {
    new Attempt(
      { transport: "longpoll", url: "/poll", send: "/send", why: "" },
      { id: 1, role: "race", limit_ms: 5000 },
      { session: null, cursor: () => "", heartbeat_s: 15, hold_s: 20, pause_s: 0, limits: { heartbeat_s: null, hold_s: null } },
      { onPush() {}, onProven() {}, onEnd: (_, end) => resolve(end) },
    )
  })
}

test("a limit of the server's is a word of the server, and says when to come back", async (t) => {
  const said = { type: "error", code: "rate_limited", message: "Too many.", retry_ms: 5000 }
  const { kind, detail, goodbye } = await endOf(t, Response.json(said, { status: 429 }))
  assert.deepEqual([kind, detail, goodbye.refusal, goodbye.retry_ms], ["goodbye", "Too many.", "rate_limited", 5000])
})

test("what something on the way answers is the network's", async (t) => {
  const { kind, goodbye } = await endOf(t, new Response("blocked", { status: 403 }))
  assert.deepEqual([kind, goodbye], ["refused", undefined])
})
