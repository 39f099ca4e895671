// @ts-check
// Reads by polling what the browser's one engine has already seen and this tab has not.

import { BASE } from "./engine/base.js"
import { hasSameRooms } from "./engine/cursor.js"
import { NoAnswer, Refusal } from "./engine/http.js"
import { backoff_ms } from "./engine/policy.js"
import { sleep } from "./engine/sleep.js"
import { poll } from "./transports/longpoll.js"

/** @import { Push } from "./transports/transport.js" */

/**
 * Return a function that reads on from the reader's cursor until nothing is missing; once at a time.
 * @param {{ cursor: string, state: string }} reader @param {(push: Push) => void} onPush @param {AbortSignal} signal
 */
export function catchUpOf(reader, onPush, signal) {
  let isRunning = false
  let isBehind = false
  const cursor = () => reader.cursor
  return async () => {
    isBehind = true
    if (isRunning) return
    isRunning = true
    for (let failures = 0; isBehind && !signal.aborted && reader.state !== "closed"; ) {
      isBehind = false
      const before = cursor()
      try {
        const { data } = await poll({ url: `${BASE}/poll`, session: null, cursor }, { hello: 1, hold_s: 0 }, signal)
        failures = 0
        // If a room was entered or left meanwhile, its hello may be older, and would undo that.
        if (hasSameRooms(before, cursor())) for (const push of data ?? []) onPush(push)
      } catch (error) {
        if (!(error instanceof NoAnswer || error instanceof Refusal)) throw error
        await sleep(backoff_ms(failures++, Math.random()), signal)
        isBehind = true
      }
      if (cursor() !== before) isBehind = true // a large gap takes several polls
    }
    isRunning = false
  }
}
