// @ts-check
// Notices that a new day has begun, by a clock that is passed in. No DOM.

import { dayKey } from "./wording.js"

// A computer that slept wakes in the middle of a wait, which then goes on: so none is long.
const LONGEST_WAIT_MS = 10 * 60_000

/**
 * Return how long the local day goes on: it has 23 or 25 hours where clocks are set.
 * @param {Date} now
 */
export function leftOfDay_ms(now) {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime() - now.getTime()
}

/**
 * Call `work` whenever the local day is another, from now on.
 * @param {() => Date} clock @param {() => void} work
 * @returns {() => void} what looks at once, as after a time in which timers stood still
 */
export function onNewDay(clock, work) {
  let day = dayKey(clock())
  /** @type {ReturnType<typeof setTimeout>} */
  let timer
  const look = () => {
    clearTimeout(timer)
    const now = clock()
    timer = setTimeout(look, Math.min(leftOfDay_ms(now), LONGEST_WAIT_MS))
    if (dayKey(now) === day) return
    day = dayKey(now)
    work()
  }
  look()
  return look
}
