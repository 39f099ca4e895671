import assert from "node:assert/strict"
import test from "node:test"

import { Upgrade } from "../../../static/js/engine/upgrade.js"

test("better transports are tried after waits that grow while they fail", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] })
  t.mock.method(Math, "random", () => 0.5)
  let count = 0
  const upgrade = new Upgrade(() => count++)
  const isTriedAfter = (wait_ms) => {
    const before = count
    upgrade.plan()
    t.mock.timers.tick(wait_ms - 1)
    assert.equal(count, before)
    t.mock.timers.tick(1)
    assert.equal(count, before + 1)
  }
  isTriedAfter(2500)
  upgrade.tries++
  isTriedAfter(5000)
  upgrade.tries = 0
  isTriedAfter(2500)
})

test("a plan takes the place of the last one, and can be dropped", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] })
  let count = 0
  const upgrade = new Upgrade(() => count++)
  upgrade.plan(1000)
  upgrade.plan(0)
  t.mock.timers.tick(1000)
  assert.equal(count, 1)
  upgrade.plan(0)
  upgrade.stop()
  t.mock.timers.tick(1000)
  assert.equal(count, 1)
})
