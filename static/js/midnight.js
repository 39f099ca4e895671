// @ts-check
// Notices that a new day has begun, with a clock that is passed in. No DOM.

import { dayKey } from "./wording.js"

const LONGEST_WAIT_MS = 10 * 60_000 // after a computer has slept, a timer continues where it stopped

/** Return how long the local day still lasts. It has 23 or 25 hours when clocks change. @param {Date} now */
export function leftOfDay_ms(now) {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime() - now.getTime()
}

/**
 * Call `work` whenever a new local day has begun, from now on.
 * @param {() => Date} clock @param {() => void} work
 * @returns {() => void} a function that checks at once, for example after timers were suspended
 */
export function onNewDay(clock, work) {
  let day = dayKey(clock())
  /** @type {ReturnType<typeof setTimeout>} */ let timer
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
