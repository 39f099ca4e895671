// Attempts over a network that is played by this test.

import assert from "node:assert/strict"
import test from "node:test"

import { Attempts } from "../../../static/js/engine/attempts.js"
import { History } from "../../../static/js/engine/history.js"
import { Memory } from "../../../static/js/engine/memory.js"
import { Negotiator } from "../../../static/js/engine/negotiator.js"
import { Positions } from "../../../static/js/engine/positions.js"

/** Return when all that is due by now has been done. */
async function settle() {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Play the network; return the attempts of an engine on it, and what they report. */
function begin(t) {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] })
  t.mock.method(Math, "random", () => 0)
  const hello = { type: "hello", session: "s1", user: "me", heartbeat_s: 10, rooms: [{ room: "general", epoch: "e1", offset: 5 }] }
  const open = { websocket: [], sse: [] }
  const fakes = {
    location: { href: "http://parley.test/" },
    fetch: async () => Response.json({ replies: [{ type: "pong" }] }),
    WebSocket: class {
      constructor() {
        open.websocket.push(this)
        queueMicrotask(() => this.onopen?.())
        queueMicrotask(() => this.onmessage?.({ data: JSON.stringify(hello) }))
      }
      send(text) {
        queueMicrotask(() => this.onmessage?.({ data: JSON.stringify({ type: "pong", id: JSON.parse(text).id }) }))
      }
      close() {}
    },
    EventSource: class {
      constructor() {
        open.sse.push(this)
      }
      addEventListener(type, handle) {
        if (type === "hello") queueMicrotask(() => handle({ data: JSON.stringify(hello) }))
      }
      close() {}
    },
  }
  for (const [name, value] of Object.entries(fakes)) {
    const old = Object.getOwnPropertyDescriptor(globalThis, name)
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
    t.after(() => (old ? Object.defineProperty(globalThis, name, old) : delete globalThis[name]))
  }
  const negotiator = new Negotiator(["websocket", "sse"])
  negotiator.assume()
  const engine = { history: new History(() => {}), memory: new Memory(), negotiator, positions: new Positions("general:e1:5") }
  const events = []
  const note = (name) => () => void events.push(name)
  const attempts = new Attempts(engine, {
    onStart: (transport) => events.push(`start ${transport}`),
    onPush: note("push"),
    onGap: note("gap"),
    onActive: ({ transport }) => events.push(`active ${transport}`),
    onLost: () => events.push(attempts.promoteBest() ? "replaced" : "lost"),
    onFailed: note("failed"),
  })
  t.after(() => attempts.close())
  return { attempts, engine, events, open, tick: (ms) => t.mock.timers.tick(ms) }
}

test("the first that is proven is active, and a lesser one is not tried any more", async (t) => {
  const { attempts, events, open, tick } = begin(t)
  attempts.race("s0")
  await settle()
  tick(60_000)
  assert.deepEqual([events, open.sse.length], [["start websocket", "push", "active websocket"], 0])
})

test("a hello from before a room was entered does not undo that: it is asked for again", async (t) => {
  const { attempts, engine, events } = begin(t)
  attempts.race("s0")
  engine.positions.enter("dev", { epoch: "e9", offset: 1 })
  await settle()
  assert.deepEqual(events.slice(0, 2), ["start websocket", "gap"])
  assert.equal(engine.positions.cursor, "general:e1:5,dev:e9:1")
})

test("a better one that does not match the cursor is tried again later", async (t) => {
  const { attempts, engine, events, open, tick } = begin(t)
  engine.memory.quarantine.ended("websocket", 200)
  attempts.race(null)
  await settle()
  tick(1)
  await settle()
  const before = open.websocket.length
  open.websocket.at(-1).onmessage({ data: JSON.stringify({ type: "message", room: "general", epoch: "e1", offset: 9 }) })
  assert.equal(attempts.active.transport, "sse")
  tick(600_000)
  assert.equal(open.websocket.length > before, true)
  assert.equal(events.includes("gap"), false)
})

test("what is in quarantine is tried beside what works, and takes over after its trial", async (t) => {
  const { attempts, engine, events, tick } = begin(t)
  engine.memory.quarantine.ended("websocket", 200)
  attempts.race(null)
  await settle()
  tick(1)
  await settle()
  tick(4999)
  assert.equal(attempts.active.transport, "sse")
  tick(1)
  assert.equal(attempts.active.transport, "websocket")
  assert.equal(engine.memory.quarantine.isQuarantined("websocket"), false)
  assert.deepEqual(events.filter((event) => event !== "push"), ["start sse", "active sse", "active websocket"])
})

test("what had to take over during its trial stays when the trial is over", async (t) => {
  const { attempts, engine, events, open, tick } = begin(t)
  engine.memory.quarantine.ended("websocket", 200)
  attempts.race(null)
  await settle()
  tick(1)
  await settle()
  open.sse[0].onerror()
  assert.equal(attempts.active.transport, "websocket")
  tick(5000)
  assert.deepEqual([attempts.active?.transport, events.at(-1)], ["websocket", "replaced"])
})

test("what is in quarantine is used without a trial when nothing else works", async (t) => {
  const { attempts, engine, events, open } = begin(t)
  engine.memory.quarantine.ended("websocket", 200)
  attempts.race(null)
  open.sse[0].onerror()
  await settle()
  assert.equal(attempts.active.transport, "websocket")
  assert.deepEqual(events.filter((event) => event !== "push"), ["start sse", "start websocket", "active websocket"])
})

test("when all have failed, that is told once", async (t) => {
  const { attempts, events, open, tick } = begin(t)
  attempts.race(null)
  open.websocket[0].onclose({ code: 1006, reason: "" })
  open.sse[0].onerror()
  await settle()
  tick(60_000)
  assert.deepEqual(events, ["start websocket", "start sse", "failed"])
})
