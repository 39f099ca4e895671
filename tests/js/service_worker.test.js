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
