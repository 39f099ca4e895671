// @ts-check
// Long polling: a request that is answered as soon as there is a push. Each command is a separate
// POST. The cursor of the next poll acknowledges the pushes of this one.

import { NoAnswer, Refusal, request } from "../engine/http.js"
import { hasSameRooms } from "../engine/cursor.js"
import { longerHold_s, POLL_CUT_STATUSES, shorterHold_s } from "../engine/policy.js"
import { sleep } from "../engine/sleep.js"
import { attachUrl } from "./transport.js"

/** @import { AttachRequest, Place, Push, Transport } from "./transport.js" */

/** @typedef {{ data: Push[] | null, timeout: boolean, cursor: string }} Answer */

const TIMEOUT_MS = 120_000 // for a forgotten request: the engine detects silence earlier
const RETRY_DEFAULT_MS = 1000
const PASSING = new Set(["unavailable", "rate_limited"]) // a reachable server asks the client to wait for a while

/** @param {AttachRequest} attach @returns {Transport} */
export function openLongPoll(attach) {
  const closing = new AbortController()
  queueMicrotask(attach.onOpen) // commands do not need an open poll
  void pollOn(attach, closing.signal)
  return { send: null, close: () => closing.abort() }
}

/** @param {Place} place @param {{ hello?: 1, hold_s: number }} how @param {AbortSignal} [signal] @returns {Promise<Answer>} to one poll */
export function poll(place, how, signal) {
  return request(attachUrl(place, how).href, { signal, timeout_ms: TIMEOUT_MS })
}

/** @param {AttachRequest} attach @param {AbortSignal} signal */
async function pollOn(attach, signal) {
  let needsHello = true // the first poll is answered at once, which shows that polling works
  let greetings = 0 // consecutive polls that ask for a hello, which are answered at once
  attach = { ...attach }
  try {
    while (!signal.aborted) {
      const answer = await ask(attach, needsHello, signal)
      if (signal.aborted) return
      if (answer === null) continue
      for (const push of answer.data ?? []) {
        if (push.type === "hello") attach.session = push.session // all polls carry one session
        attach.onPush(push)
        if (signal.aborted) return
      }
      // If a room is joined or left elsewhere between two polls, only the cursor shows it.
      needsHello = !hasSameRooms(answer.cursor, attach.cursor())
      greetings = needsHello ? greetings + 1 : 0
      // One hello tells all rooms. If the rooms still differ after it, polling sooner would not help.
      const pause_ms = greetings > 1 ? RETRY_DEFAULT_MS : needsHello ? 0 : 1000 * attach.pause_s
      if (pause_ms > 0) await sleep(pause_ms, signal)
    }
  } catch (error) {
    if (signal.aborted) return
    const refusal = error instanceof Refusal ? error.reply : undefined
    attach.onEnd({ reason: /** @type {Error} */ (error).message, refusal })
  }
}

/**
 * Return the answer to one poll, or null if the next one should follow now: if the server cannot read
 * its logs or limits the rate, after the wait that it asks for, as an event stream would stay open
 * meanwhile; and if the network has cut a held poll, with a shorter hold. But if a rate limit refuses
 * the first poll, which has no session yet, throw the refusal.
 * @param {AttachRequest} attach @param {boolean} needsHello @param {AbortSignal} signal
 */
async function ask(attach, needsHello, signal) {
  const { limits } = attach
  const hold_s = Math.min(attach.hold_s, limits.hold_s ?? Infinity)
  const isHeld = hold_s > 0 && !needsHello
  const startedAt_ms = performance.now()
  try {
    const answer = await poll(attach, { hold_s, ...(needsHello && { hello: 1 }) }, signal)
    attach.onLife()
    if (answer.timeout && isHeld && limits.hold_s !== null) limits.hold_s = longerHold_s(hold_s, attach.hold_s)
    return answer
  } catch (error) {
    if (isHeld && isCut(error) && !signal.aborted) {
      const shorter_s = shorterHold_s(performance.now() - startedAt_ms)
      if (shorter_s === null) throw error
      limits.hold_s = Math.min(hold_s, shorter_s)
      return null
    }
    if (!(error instanceof Refusal && PASSING.has(error.reply.code ?? ""))) throw error
    if (error.reply.code === "rate_limited" && attach.session === null) throw error
    await sleep(error.reply.retry_ms ?? RETRY_DEFAULT_MS, signal)
    attach.onLife()
    return null
  }
}

/** Return whether a request had no answer, or only that of a gateway that gave up on it. @param {unknown} error */
function isCut(error) {
  return error instanceof NoAnswer && (error.status === undefined || POLL_CUT_STATUSES.includes(error.status))
}
