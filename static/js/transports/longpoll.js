// @ts-check
// Long polling: a request that is answered as soon as there is a push. Each command is a separate
// POST. The cursor of the next poll acknowledges the pushes of this one.

import { Refusal, request } from "../engine/http.js"
import { parseCursor } from "../engine/cursor.js"
import { sleep } from "../engine/sleep.js"
import { attachUrl } from "./transport.js"

/** @import { Transport, Place, Push, Wish } from "./transport.js" */

/** @typedef {{ data: Push[] | null, timeout: boolean, cursor: string }} Answer */

// The engine detects silence earlier; this only bounds a request that was forgotten.
const TIMEOUT_MS = 120_000
const RETRY_DEFAULT_MS = 1000
// Codes with which a reachable server asks the client to wait for a while.
const PASSING = new Set(["unavailable", "rate_limited"])

/**
 * @param {Wish} wish
 * @returns {Transport}
 */
export function openLongPoll(wish) {
  const closing = new AbortController()
  queueMicrotask(wish.onOpen) // commands do not need an open poll
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
  let needsHello = true // the first poll is answered at once, which shows that polling works
  let greetings = 0 // consecutive polls that ask for a hello, which are answered at once
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
      // If a room is joined or left elsewhere between two polls, only the cursor shows it.
      needsHello = !hasSameRooms(answer.cursor, wish.cursor())
      greetings = needsHello ? greetings + 1 : 0
      // One hello tells all rooms. If the rooms still differ after it, polling sooner would not help.
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
 * Return the answer to one poll. If the server cannot read its logs or limits the rate, return null
 * after the wait that it asks for: an event stream would stay open meanwhile, so polling continues,
 * too. But if a rate limit refuses the first poll, which has no session yet, throw the refusal.
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
