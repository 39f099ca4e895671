import assert from "node:assert/strict"
import test from "node:test"

import { leftOfDay_ms, onNewDay } from "../../static/js/midnight.js"

const HOUR_MS = 3_600_000

test("a day goes on until the next local midnight", () => {
  assert.equal(leftOfDay_ms(new Date(2026, 2, 1, 23, 59, 59)), 1000)
  assert.equal(leftOfDay_ms(new Date(2026, 2, 1)), 24 * HOUR_MS)
  assert.equal(leftOfDay_ms(new Date(2026, 11, 31, 12)), 12 * HOUR_MS)
})

/** A clock that goes with the mocked timers, and can be set forward by a sleep. */
function clockFrom(t, start) {
  t.mock.timers.enable({ apis: ["setTimeout"] })
  let now_ms = start.getTime()
  let news = 0
  const look = onNewDay(() => new Date(now_ms), () => news++)
  const pass = (/** @type {number} */ ms) => {
    for (let passed = 0; passed < ms; passed += 60_000) {
      now_ms += Math.min(60_000, ms - passed)
      t.mock.timers.tick(Math.min(60_000, ms - passed))
    }
  }
  t.after(() => t.mock.timers.reset())
  return { pass, look, sleep: (/** @type {number} */ ms) => (now_ms += ms), get news() { return news } } // prettier-ignore
}

test("a new day is told once, when it begins, and the day after that, too", (t) => {
  const clock = clockFrom(t, new Date(2026, 2, 1, 12))
  clock.pass(12 * HOUR_MS - 1)
  assert.equal(clock.news, 0)
  clock.pass(1)
  assert.equal(clock.news, 1)
  clock.pass(HOUR_MS)
  assert.equal(clock.news, 1)
  clock.pass(24 * HOUR_MS)
  assert.equal(clock.news, 2)
})

test("a computer that slept over midnight notices soon, and at once when it is looked at", (t) => {
  const slept = clockFrom(t, new Date(2026, 2, 1, 12))
  slept.sleep(20 * HOUR_MS)
  slept.pass(10 * 60_000)
  assert.equal(slept.news, 1)
  slept.sleep(20 * HOUR_MS)
  slept.look()
  assert.equal(slept.news, 2)
})
