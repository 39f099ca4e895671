// A request says for whom it is.

import assert from "node:assert/strict"
import { test } from "node:test"

import { asUser, requestAs } from "../../../static/js/engine/user.js"
import { request } from "../../../static/js/engine/http.js"
import { attachUrl, streamUrl } from "../../../static/js/transports/transport.js"

test("as long as nobody knows who one is, addresses stay as they are", () => {
  assert.equal(asUser("/send"), "/send")
})

test("whatever is asked for names the user, beside what else is asked", async (t) => {
  globalThis.location = /** @type {any} */ ({ href: "http://parley.test/" })
  t.after(() => delete globalThis.location)
  t.after(() => requestAs(""))
  const fetched = t.mock.method(globalThis, "fetch", async () => Response.json({}))
  requestAs("guest-0a&b")
  await request("/send")
  await request("/api/rooms?limit=5")
  const place = { url: "/poll", session: null, cursor: () => "general:e1:5" }
  await request(attachUrl(place, { hold_s: 20 }).href)
  const asked = fetched.mock.calls.map(({ arguments: [address] }) => address)
  assert.deepEqual(asked, ["/send?as=guest-0a%26b", "/api/rooms?limit=5&as=guest-0a%26b", "http://parley.test/poll?cursor=general%3Ae1%3A5&hold_s=20&as=guest-0a%26b"])
  const stream = streamUrl({ ...place, url: "/chat" }, { heartbeat_s: 15 })
  assert.equal(stream.href, "http://parley.test/chat?cursor=general%3Ae1%3A5&heartbeat_s=15&as=guest-0a%26b")
})
