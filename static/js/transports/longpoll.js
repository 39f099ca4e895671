// @ts-check
// Long polling: a request that is answered as soon as there is something to say; commands go
// by POST of their own. The next poll's cursor acknowledges this one's pushes.

import { Refusal, request } from "../api.js"
import { parseCursor } from "../cursor.js"
import { sleep } from "../sleep.js"
import { attachUrl } from "./carrier.js"

/** @import { Carrier, Push, Wish } from "./carrier.js" */

// The connection's own watch on silence comes first; this only bounds a forgotten request.
const TIMEOUT_MS = 120_000
const RETRY_DEFAULT_MS = 1000

/**
 * @param {Wish} wish
 * @returns {Carrier}
 */
export function openLongPoll(wish) {
  const closing = new AbortController()
  void poll(wish, closing.signal)
  return { send: null, close: () => closing.abort() }
}

/** @param {Wish} wish @param {AbortSignal} signal */
async function poll(wish, signal) {
  let hello = { hello: "1" } // the first is answered at once, which shows that polling works
  try {
    while (!signal.aborted) {
      const address = attachUrl(wish, hello)
      const answer = await ask(address.href, signal)
      wish.onLife()
      if (answer === null) continue
      for (const push of /** @type {Push[]} */ (answer.data ?? [])) {
        if (signal.aborted) return
        wish.onPush(push)
      }
      // A room joined or left elsewhere between two polls shows only in the cursor.
      hello = hasSameRooms(answer.cursor, wish.cursor()) ? /** @type {any} */ ({}) : { hello: "1" }
    }
  } catch (error) {
    if (!signal.aborted) wish.onEnd({ reason: /** @type {Error} */ (error).message })
  }
}

/**
 * Return the answer to one poll; null, after the wait that it asks for, where the server is there
 * but can't read its logs. A stream stays open meanwhile, so polling goes on, too.
 * @param {string} url @param {AbortSignal} signal
 */
async function ask(url, signal) {
  try {
    return await request(url, { signal, timeout_ms: TIMEOUT_MS })
  } catch (error) {
    if (!(error instanceof Refusal && error.reply.code === "unavailable")) throw error
    await sleep(error.reply.retry_ms ?? RETRY_DEFAULT_MS)
    return null
  }
}

/** @param {string} a @param {string} b */
function hasSameRooms(a, b) {
  const rooms = (/** @type {string} */ cursor) => [...parseCursor(cursor).keys()].sort().join()
  return rooms(a) === rooms(b)
}
