import assert from "node:assert/strict"
import test from "node:test"

import { failed, newMemory, onNetwork } from "../../static/js/engine/memory.js"
import { byMerit, Offers } from "../../static/js/engine/offers.js"

const ALL = ["websocket", "sse", "longpoll"]
const offer = (transport) => ({ transport, url: "/x", send: "/send", why: "" })
const terms = (...transports) => ({ heartbeat_s: 15, poll_hold_s: 25, network: "office", transports: transports.map(offer) })
const names = (offers) => offers.map(({ transport }) => transport)
const silent = { reason: "silent", after_ms: 2000, at_ms: 0 }

test("the server's order counts, of what this client can do", () => {
  const offers = new Offers(["websocket", "longpoll"])
  offers.take(terms("longpoll", "sse", "websocket"), newMemory())
  assert.deepEqual(names(offers.all), ["longpoll", "websocket"])
})

test("an order by what failed elsewhere does not count, and is forgotten", () => {
  const offers = new Offers(ALL)
  const hotel = failed(onNetwork(newMemory(), "hotel"), "websocket", silent)
  const memory = offers.take(terms("sse", "longpoll", "websocket"), hotel)
  assert.deepEqual(names(offers.all), ALL)
  assert.deepEqual([memory.network, memory.failures], ["office", {}])
})

test("a poll is held for less than what a dead link may take to show", () => {
  const offers = new Offers(ALL)
  offers.take({ ...terms(...ALL), poll_hold_s: 25 }, newMemory())
  assert.equal(offers.hold_s, 20)
  offers.take({ ...terms(...ALL), poll_hold_s: 10 }, newMemory())
  assert.equal(offers.hold_s, 10)
})

test("before the server has said anything all may work; afterwards it counts what it said", () => {
  const offers = new Offers(ALL)
  offers.assume()
  assert.deepEqual(names(offers.all), ALL)
  offers.take(terms("sse"), newMemory())
  offers.assume()
  assert.deepEqual(names(offers.all), ["sse"])
})

test("what has failed comes behind, and what is better is found", () => {
  const offers = new Offers(ALL)
  offers.take(terms(...ALL), newMemory())
  assert.deepEqual(names(offers.byFailures(failed(newMemory(), "websocket", silent))), ["sse", "longpoll", "websocket"])
  assert.deepEqual(names(offers.betterThan("longpoll")), ["websocket", "sse"])
  assert.deepEqual(names(offers.betterThan("websocket")), [])
  assert.equal(offers.of("sse").transport, "sse")
  assert.equal(offers.of("pigeon"), undefined)
})

test("merit is our own order", () => {
  assert.deepEqual(names(byMerit([offer("longpoll"), offer("websocket"), offer("sse")])), ALL)
})
