import assert from "node:assert/strict"
import test from "node:test"

import { KeepAlive } from "../../../static/js/engine/keep_alive.js"

/** An attempt, as far as it is looked at. */
function newAttempt(more = {}) {
  const attempt = { transport: "sse", heartbeat_s: 10, hold_s: 20, pause_s: 0, silent_ms: 0, lived_ms: 0, hasEnded: false, ...more }
  return Object.assign(attempt, { close: () => (attempt.hasEnded = true), end: ({ kind }) => Object.assign(attempt, { hasEnded: true, kind }) })
}

/** Watch an attempt; `renewals` lists what was attached beside it, and why. */
function watch(t, active, renewal_ms = null) {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] })
  const renewals = []
  const keepAlive = new KeepAlive((_, why) => {
    renewals.push(newAttempt({ why }))
    return renewals.at(-1)
  })
  keepAlive.watch(active, renewal_ms)
  return { keepAlive, renewals, tick: (ms) => t.mock.timers.tick(ms) }
}

test("a silent transport is tested by one second attach, and kept if it brings a push", (t) => {
  const active = newAttempt({ silent_ms: 14_000 })
  const { keepAlive, renewals, tick } = watch(t, active)
  tick(1000)
  assert.equal(renewals.length, 0)
  active.silent_ms = 14_001
  tick(2000)
  assert.deepEqual(renewals.map(({ why }) => why), ["it is silent"])
  keepAlive.heard()
  assert.equal(renewals[0].hasEnded, true)
})

test("if the second attach fails, too, the silent one is lost, and one that was only slow is not", (t) => {
  const active = newAttempt({ silent_ms: 20_000 })
  const { keepAlive, tick } = watch(t, active)
  tick(1000)
  active.silent_ms = 0
  keepAlive.renewalFailed()
  assert.equal(active.hasEnded, false)
  active.silent_ms = 20_000
  keepAlive.renewalFailed()
  assert.equal(active.kind, "lost")
})

test("a stream is renewed at the age given, whatever it brings; a poll never", (t) => {
  const { keepAlive, renewals, tick } = watch(t, newAttempt({ lived_ms: 3000 }), 8000)
  tick(4999)
  assert.equal(renewals.length, 0)
  tick(1)
  keepAlive.heard()
  assert.deepEqual(renewals.map(({ why, hasEnded }) => [why, hasEnded]), [["it would be cut soon", false]])
  keepAlive.watch(newAttempt({ transport: "longpoll" }), 8000)
  tick(60_000)
  assert.equal(renewals.length, 1)
})

test("what is not watched any more is neither tested nor renewed", (t) => {
  const { keepAlive, renewals, tick } = watch(t, newAttempt({ silent_ms: 60_000 }), 8000)
  keepAlive.stop()
  tick(60_000)
  keepAlive.suspect("a command was not answered")
  assert.equal(renewals.length, 0)
})
