// @ts-check
import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"

import { subscribe, unsubscribe } from "../../../static/js/notifications/subscription.js"
import { isPushOff, savePushOff } from "../../../static/js/storage.js"

const NEW = { key: "AQID", endpoint: "" }
const user = "guest-1"
/** @type {Record<string, string>} */ let kept
/** @type {string[]} */ let asked
/** @type {any} */ let registration

/** A browser's push manager: it returns the subscription that there is, or a new one. */
class FakePushManager {
  /** @type {any} */ now = null
  made = 0

  async getSubscription() {
    return this.now
  }

  async subscribe() {
    this.now ??= {
      endpoint: `https://push.example/${++this.made}`,
      options: { applicationServerKey: new Uint8Array([1, 2, 3]).buffer },
      unsubscribe: async () => (this.now = null),
    }
    return this.now
  }
}

beforeEach(() => {
  kept = {}
  asked = []
  registration = { pushManager: new FakePushManager() }
  const localStorage = {
    getItem: (/** @type {string} */ key) => kept[key] ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => (kept[key] = value),
    removeItem: (/** @type {string} */ key) => delete kept[key],
  }
  const fetch = async (/** @type {string} */ path, /** @type {RequestInit} */ { method }) => {
    asked.push(`${method} ${new URL(path, "https://chat.example").pathname}`)
    return new Response("{}")
  }
  Object.assign(globalThis, { localStorage, fetch })
})

test("a page that is opened again keeps the subscription, and tells the server of it", async () => {
  await subscribe(registration, user, NEW)
  await subscribe(registration, user, { ...NEW, endpoint: registration.pushManager.now.endpoint })
  assert.equal(registration.pushManager.made, 1)
  assert.deepEqual(asked, ["PUT /api/me/push", "PUT /api/me/push"])
})

test("a subscription that the server does not have for this user, or of another server, is replaced", async () => {
  await subscribe(registration, user, NEW)
  await subscribe(registration, "guest-2", NEW)
  const { endpoint } = registration.pushManager.now
  assert.equal(endpoint, "https://push.example/2")
  await subscribe(registration, "guest-2", { key: "another", endpoint })
  assert.equal(registration.pushManager.now.endpoint, "https://push.example/3")
})

test("whoever wants none has none, until they want one again", async () => {
  await subscribe(registration, user, NEW)
  await unsubscribe(registration, user)
  assert.equal(registration.pushManager.now, null)
  assert.ok(isPushOff(user))
  await subscribe(registration, user, NEW)
  assert.ok(!isPushOff(user))
  assert.equal(registration.pushManager.now.endpoint, "https://push.example/2")
})

test("where the server sends no pushes, the wish is kept all the same", async () => {
  savePushOff(user, true)
  await subscribe(registration, user, { key: "", endpoint: "" })
  assert.ok(!isPushOff(user))
  assert.deepEqual(asked, [])
})
