// @ts-check
// Long polling: a request that is answered as soon as there is something to say; commands go
// by POST of their own. The next poll's cursor acknowledges this one's pushes.

import { request } from "../api.js"
import { parseCursor } from "../cursor.js"
import { attachUrl } from "./carrier.js"

/** @import { Carrier, Push, Wish } from "./carrier.js" */

// The connection's own watch on silence comes first; this only bounds a forgotten request.
const TIMEOUT_MS = 120_000

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
      const answer = await request(address.href, { signal, timeout_ms: TIMEOUT_MS })
      for (const push of /** @type {Push[]} */ (answer.data ?? [])) {
        if (signal.aborted) return
        wish.onPush(push)
      }
      wish.onLife()
      // A room joined or left elsewhere between two polls shows only in the cursor.
      hello = hasSameRooms(answer.cursor, wish.cursor()) ? /** @type {any} */ ({}) : { hello: "1" }
    }
  } catch (error) {
    if (!signal.aborted) wish.onEnd({ reason: /** @type {Error} */ (error).message })
  }
}

/** @param {string} a @param {string} b */
function hasSameRooms(a, b) {
  const rooms = (/** @type {string} */ cursor) => [...parseCursor(cursor).keys()].sort().join()
  return rooms(a) === rooms(b)
}
