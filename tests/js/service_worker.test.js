// @ts-check
// The service worker is a script of its own, not a module: it is run here in a context of its own.
import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { test } from "node:test"
import vm from "node:vm"

const SOURCE = await readFile(new URL("../../static/js/service_worker.js", import.meta.url), "utf8")
const ORIGIN = "https://chat.example"

/** Return what tells whether the worker answers a request itself. @param {string} base the path below which the chat is */
function workerAt(base) {
  /** @type {Map<string, (event: any) => void>} */ const listeners = new Map()
  const self = { registration: { scope: `${ORIGIN}${base}/` }, addEventListener: listeners.set.bind(listeners) }
  const cache = { match: async () => undefined, keys: async () => [], put: async () => {} }
  const fetch = async () => new Response("")
  vm.runInNewContext(SOURCE, { self, location: { origin: ORIGIN }, caches: { open: async () => cache }, fetch, URL, Response, Headers })
  return (/** @type {string} */ url, { method = "GET", mode = "cors" } = {}) => {
    let isAnswered = false
    const request = { method, mode, url: new URL(url, ORIGIN).href }
    listeners.get("fetch")?.({ request, respondWith: () => (isAnswered = true), waitUntil: () => {} })
    return isAnswered
  }
}

for (const base of ["", "/chat"]) {
  test(`the service worker answers for pages of the chat and for their code${base && ", below a path, too"}`, () => {
    const answers = workerAt(base)
    for (const page of ["/", "/rooms/general", "/rooms/general/41", "/?a=b"]) assert.ok(answers(`${base}${page}`, { mode: "navigate" }), page)
    for (const file of ["/static/v0a1b/js/main.js", "/static/v0a1b/css/chat.css"]) assert.ok(answers(`${base}${file}`), file)
  })

  test(`files, streams, sends and all of the API pass it by${base && ", below a path, too"}`, () => {
    const answers = workerAt(base)
    for (const path of ["/files/0a/sea.png", "/files/0a/sea.png?size=thumbnail", "/events", "/poll", "/api/search?q=a", "/api/me/push", "/static/js/main.js"]) {
      assert.ok(!answers(`${base}${path}`), path)
    }
    for (const path of ["/files/0a/plan.pdf", "/login", "/doctor", "/?service-worker=off"]) assert.ok(!answers(`${base}${path}`, { mode: "navigate" }), path)
    for (const path of ["/api/uploads?name=a", "/send", "/rooms/general"]) assert.ok(!answers(`${base}${path}`, { method: "POST", mode: "navigate" }), path)
    assert.ok(!answers("https://elsewhere.example/", { mode: "navigate" }))
  })
}

test("what is beside the chat under the same host name passes it by", () => {
  assert.ok(!workerAt("/chat")("/rooms/general", { mode: "navigate" }))
})

test("what shows, lists and closes notifications does so one after the other", async () => {
  /** @type {Map<string, (event: any) => void>} */ const listeners = new Map()
  /** @type {string[]} */ const done = []
  /** @type {{ tag: string, data: { room: string, offset: number }, close: () => void }[]} */ let shown = []
  const registration = {
    scope: `${ORIGIN}/`,
    getNotifications: async (/** @type {{ tag?: string }} */ { tag } = {}) => {
      done.push("list")
      return shown.filter((one) => !tag || one.tag === tag)
    },
    showNotification: async (/** @type {string} */ title, /** @type {any} */ { tag, data }) => {
      done.push(`begin ${tag}`)
      await new Promise((resolve) => setImmediate(resolve))
      shown.push({ tag, data, close: () => (shown = shown.filter((one) => one.tag !== tag)) })
      done.push(`end ${tag}`)
    },
  }
  /** @type {Response | undefined} */ let keys
  const cache = { match: async () => keys?.clone(), put: async (/** @type {string} */ _, /** @type {Response} */ response) => (keys = response) }
  const clients = { matchAll: async () => [] }
  vm.runInNewContext(SOURCE, {
    self: { registration, clients, navigator: {}, addEventListener: listeners.set.bind(listeners) },
    location: { origin: ORIGIN }, caches: { open: async () => cache }, URL, Response,
  }) // prettier-ignore
  const work = [
    { type: "notify", key: "a", room: "birds", offset: 3, title: "Ada", body: "a heron" },
    { type: "read", read: { birds: 3 } },
    { type: "notify", key: "b", room: "birds", offset: 4, title: "Ada", body: "a stork" },
    { type: "notify", key: "a", room: "birds", offset: 3, title: "Ada", body: "a heron" },
    { type: "read", read: { birds: 3, lake: 9 } },
  ].map((data) => new Promise((resolve) => listeners.get("message")?.({ data, waitUntil: resolve })))
  await Promise.all(await Promise.all(work))
  assert.deepEqual(done, ["begin a", "end a", "list", "begin b", "end b", "list", "list"])
  assert.deepEqual(shown.map(({ tag }) => tag), ["b"])
})
