import assert from "node:assert/strict"
import test from "node:test"

import { Memory } from "../../../static/js/engine/memory.js"
import { byMerit, Negotiator } from "../../../static/js/engine/negotiator.js"

const ALL = ["websocket", "sse", "longpoll"]
const offer = (transport) => ({ transport, url: "/x", send: "/send", why: "" })
const terms = (...transports) => ({ heartbeat_s: 15, poll_hold_s: 25, network: "office", transports: transports.map(offer) })
const names = (offers) => offers.map(({ transport }) => transport)

test("the server's order counts, of what this client can do", () => {
  const negotiator = new Negotiator(["websocket", "longpoll"])
  negotiator.accept(terms("longpoll", "sse", "websocket"), new Memory())
  assert.deepEqual(names(negotiator.offers), ["longpoll", "websocket"])
})

test("an order by what failed elsewhere does not count, and is forgotten", () => {
  const negotiator = new Negotiator(ALL)
  const memory = new Memory()
  memory.arrive("hotel")
  memory.ended({ transport: "websocket", age_ms: 2000, lived_ms: 0, silent_ms: 0, longestSilence_ms: 0 }, { kind: "silent", detail: "" }, 0)
  negotiator.accept(terms("sse", "longpoll", "websocket"), memory)
  assert.deepEqual(names(negotiator.offers), ALL)
  assert.deepEqual([memory.network, memory.failures], ["office", {}])
})

test("a poll is held for less than what a dead link may take to show", () => {
  const negotiator = new Negotiator(ALL)
  negotiator.accept({ ...terms(...ALL), poll_hold_s: 25 }, new Memory())
  assert.equal(negotiator.hold_s, 20)
  negotiator.accept({ ...terms(...ALL), poll_hold_s: 10 }, new Memory())
  assert.equal(negotiator.hold_s, 10)
})

test("before the server has said anything all may work; afterwards it counts what it said", () => {
  const negotiator = new Negotiator(ALL)
  negotiator.assume()
  assert.deepEqual(names(negotiator.offers), ALL)
  negotiator.accept(terms("sse"), new Memory())
  negotiator.assume()
  assert.deepEqual(names(negotiator.offers), ["sse"])
  assert.equal(negotiator.of("sse").transport, "sse")
  assert.equal(negotiator.of("websocket"), undefined)
})

test("merit is our own order", () => {
  assert.deepEqual(names(byMerit([offer("longpoll"), offer("websocket"), offer("sse")])), ALL)
})
