// @ts-check
// Long polling: a request that is answered as soon as there is something to say; commands go
// by POST of their own. The next poll's cursor acknowledges this one's pushes.

import { Refusal, request } from "../engine/http.js"
import { parseCursor } from "../engine/cursor.js"
import { sleep } from "../engine/sleep.js"
import { attachUrl } from "./transport.js"

/** @import { Transport, Place, Push, Wish } from "./transport.js" */

/** @typedef {{ data: Push[] | null, timeout: boolean, cursor: string }} Answer */

// The engine's own watch on silence comes first; this only bounds a forgotten request.
const TIMEOUT_MS = 120_000
const RETRY_DEFAULT_MS = 1000
// Codes that the server gives while it is there, and asks to be let be for a while.
const PASSING = new Set(["unavailable", "rate_limited"])

/**
 * @param {Wish} wish
 * @returns {Transport}
 */
export function openLongPoll(wish) {
  const closing = new AbortController()
  queueMicrotask(wish.onOpen) // commands have a way of their own
  void pollOn(wish, closing.signal)
  return { send: null, close: () => closing.abort() }
}

/**
 * Return the answer to one poll at `cursor`.
 * @param {Place} wish @param {{ hello?: 1, hold_s: number }} how @param {AbortSignal} [signal]
 * @returns {Promise<Answer>}
 */
export function poll(wish, how, signal) {
  return request(attachUrl(wish, how).href, { signal, timeout_ms: TIMEOUT_MS })
}

/** @param {Wish} wish @param {AbortSignal} signal */
async function pollOn(wish, signal) {
  let needsHello = true // the first is answered at once, which shows that polling works
  let greetings = 0 // in a row: polls that ask for hello are answered at once
  wish = { ...wish }
  try {
    while (!signal.aborted) {
      const answer = await ask(wish, needsHello, signal)
      if (signal.aborted) return
      wish.onLife()
      if (answer === null) continue
      for (const push of answer.data ?? []) {
        if (push.type === "hello") wish.session = push.session // all polls carry one session
        wish.onPush(push)
        if (signal.aborted) return
      }
      // A room joined or left elsewhere between two polls shows only in the cursor.
      needsHello = !hasSameRooms(answer.cursor, wish.cursor())
      greetings = needsHello ? greetings + 1 : 0
      // One hello settles which rooms there are. Where it does not, asking sooner would not either.
      const rest_ms = greetings > 1 ? RETRY_DEFAULT_MS : needsHello ? 0 : 1000 * wish.rest_s
      if (rest_ms > 0) await sleep(rest_ms, signal)
    }
  } catch (error) {
    if (signal.aborted) return
    const refusal = error instanceof Refusal ? error.reply : undefined
    wish.onEnd({ reason: /** @type {Error} */ (error).message, refusal })
  }
}

/**
 * Return the answer to one poll; null, after the wait that it asks for, where the server is there
 * but can't read its logs, or has been asked too often. A stream stays open meanwhile, so polling
 * goes on, too; but one that has not begun is told.
 * @param {Wish} wish @param {boolean} needsHello @param {AbortSignal} signal
 */
async function ask(wish, needsHello, signal) {
  try {
    return await poll(wish, { hold_s: wish.hold_s, ...(needsHello && { hello: 1 }) }, signal)
  } catch (error) {
    if (!(error instanceof Refusal && PASSING.has(error.reply.code ?? ""))) throw error
    if (error.reply.code === "rate_limited" && wish.session === null) throw error
    await sleep(error.reply.retry_ms ?? RETRY_DEFAULT_MS, signal)
    return null
  }
}

/** @param {string} a @param {string} b */
function hasSameRooms(a, b) {
  const rooms = (/** @type {string} */ cursor) => [...parseCursor(cursor).keys()].sort().join()
  return rooms(a) === rooms(b)
}
