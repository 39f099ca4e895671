import assert from "node:assert/strict"
import test from "node:test"

import { Race } from "../../../static/js/engine/race.js"

/** Begin a race; `started` lists the attempts, which are their offers. */
function begin(t, transports, lastResorts = []) {
  t.mock.timers.enable({ apis: ["setTimeout"] })
  const started = []
  const start = (offer) => {
    started.push(offer)
    return offer
  }
  const race = new Race(transports, { lastResorts, rtt_ms: 50, start })
  race.next()
  return { race, started, tick: (ms) => t.mock.timers.tick(ms) }
}

test("the next starts when the last one is slow, or has failed", (t) => {
  const { race, started, tick } = begin(t, ["websocket", "sse", "longpoll"])
  assert.deepEqual(started, ["websocket"])
  tick(199)
  assert.deepEqual(started, ["websocket"])
  tick(1)
  assert.deepEqual(started, ["websocket", "sse"])
  assert.equal(race.drop("sse"), true)
  race.next()
  assert.deepEqual(started, ["websocket", "sse", "longpoll"])
})

test("last resorts start one by one, when all others have failed", (t) => {
  const { race, started, tick } = begin(t, ["longpoll"], ["websocket", "sse"])
  tick(60_000)
  assert.deepEqual(started, ["longpoll"])
  for (const [failed, next] of [["longpoll", "websocket"], ["websocket", "sse"]]) {
    race.drop(failed)
    race.next()
    assert.equal(started.at(-1), next)
    assert.equal(race.isOver, false)
  }
  race.drop("sse")
  assert.equal(race.isOver, true)
})

test("with last resorts alone, the first starts at once", (t) => {
  assert.deepEqual(begin(t, [], ["websocket"]).started, ["websocket"])
})

test("a race that is stopped starts nothing more", (t) => {
  const { race, started, tick } = begin(t, ["websocket", "sse"], ["longpoll"])
  race.stop()
  race.drop("websocket")
  race.next()
  tick(60_000)
  assert.deepEqual([started, race.isOver, race.drop("sse")], [["websocket"], true, false])
})
