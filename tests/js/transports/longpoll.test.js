// Polls of one transport, as the server sees them.

import assert from "node:assert/strict"
import { test } from "node:test"

import { openLongPoll } from "../../../static/js/transports/longpoll.js"

const limits = { heartbeat_s: null, hold_s: null }
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
  const transport = openLongPoll({
    url: "/poll", session: null, cursor: () => "general:e1:5", heartbeat_s: 15, hold_s: 20, pause_s: 0, limits,
    onOpen: ignored, onPush: ignored, onLife: ignored, onEnd: ignored,
  }) // prettier-ignore
  await ended
  transport.close()
  return asked
}

/** Poll a server whose answers are these functions; `cursor` is what the page knows. */
function pollsOf(t, answers, cursor) {
  globalThis.location = /** @type {any} */ ({ href: "http://parley.test/" })
  t.after(() => delete globalThis.location)
  t.mock.timers.enable({ apis: ["setTimeout"] })
  const seen = { asked: 0, ends: /** @type {any[]} */ ([]) }
  t.mock.method(globalThis, "fetch", async () => answers[seen.asked++]?.() ?? new Promise(() => {}))
  const ignored = () => {}
  const transport = openLongPoll({
    url: "/poll", session: null, cursor, heartbeat_s: 15, hold_s: 20, pause_s: 0, limits,
    onOpen: ignored, onPush: ignored, onLife: ignored, onEnd: (end) => seen.ends.push(end),
  }) // prettier-ignore
  t.after(() => transport.close())
  return seen
}

/** Return when all that is due by now has been done. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

const answer = () => Response.json({ data: [hello], timeout: false, cursor: "general:e1:5" })
const refusal = (status, code) => () => Response.json({ type: "error", code, message: "Slower.", retry_ms: 3000 }, { status })

test("a page whose cursor never fits asks once a second, not as fast as it is answered", async (t) => {
  const seen = pollsOf(t, Array(50).fill(answer), () => "")
  await settle()
  assert.equal(seen.asked, 2)
  for (const expected of [3, 4, 5]) {
    t.mock.timers.tick(1000)
    await settle()
    assert.equal(seen.asked, expected)
  }
})

test("a limit that a poll meets is waited for as long as it says, and ends nothing", async (t) => {
  const seen = pollsOf(t, [answer, refusal(429, "rate_limited"), answer], () => "general:e1:5")
  await settle()
  assert.deepEqual([seen.asked, seen.ends], [2, []])
  t.mock.timers.tick(2999)
  await settle()
  assert.equal(seen.asked, 2)
  t.mock.timers.tick(1)
  await settle()
  assert.deepEqual([seen.asked, seen.ends], [4, []])
})

test("a limit that the first poll meets is told with the server's own words", async (t) => {
  const seen = pollsOf(t, [refusal(429, "rate_limited")], () => "")
  await settle()
  assert.equal(seen.ends.length, 1)
  const [{ reason, refusal: said }] = seen.ends
  assert.deepEqual([reason, said.code, said.retry_ms], ["Slower.", "rate_limited", 3000])
})

test("what is no answer of the server's ends it without a word of the server", async (t) => {
  const seen = pollsOf(t, [() => new Response("<h1>429</h1>", { status: 429 })], () => "")
  await settle()
  assert.deepEqual(seen.ends.map(({ refusal: said }) => said), [undefined])
})

test("the first poll asks for hello, and all after it carry the session that this told", async (t) => {
  const asked = await pollThrough(t, [[hello], null])
  assert.deepEqual(asked.map(({ session, hello }) => [session, hello]), [[undefined, "1"], ["s1", undefined], ["s1", undefined]]) // prettier-ignore
})

test("a held poll that is cut is repeated with a shorter hold, which grows again by what is held in full", async (t) => {
  const cuts = [new Response("<h1>504</h1>", { status: 504 }), new TypeError("cut")]
  const full = Response.json({ data: null, timeout: true, cursor: "general:e1:5" })
  let now_ms = 0
  t.mock.method(performance, "now", () => now_ms)
  const asked = []
  const answers = [answer(), ...cuts, full]
  globalThis.location = /** @type {any} */ ({ href: "http://parley.test/" })
  t.after(() => delete globalThis.location)
  t.mock.method(globalThis, "fetch", async (path) => {
    asked.push(new URL(String(path)).searchParams.get("hold_s"))
    const next = answers.shift()
    if (asked.length > 1) now_ms += 10_000 - 5000 * Number(next === cuts[1])
    if (next instanceof Error) throw next
    return next ?? new Promise(() => {})
  })
  const ends = []
  const learned = { heartbeat_s: null, hold_s: null }
  const ignored = () => {}
  const transport = openLongPoll({
    url: "/poll", session: null, cursor: () => "general:e1:5", heartbeat_s: 15, hold_s: 20, pause_s: 0, limits: learned,
    onOpen: ignored, onPush: ignored, onLife: ignored, onEnd: (end) => ends.push(end),
  }) // prettier-ignore
  t.after(() => transport.close())
  await settle()
  assert.deepEqual([asked, ends, learned.hold_s], [["20", "20", "8", "4", "5"], [], 5])
})

test("a poll that something refuses, or that is cut at once, ends it", async (t) => {
  for (const cut of [() => new Response("no", { status: 403 }), () => Promise.reject(new TypeError("cut"))]) {
    const seen = pollsOf(t, [answer, cut], () => "general:e1:5")
    await settle()
    assert.deepEqual([seen.asked, seen.ends.length], [2, 1])
    t.mock.restoreAll()
    t.mock.timers.reset()
  }
})
