// @ts-check
// Measures how each transport works on this network, with the engine's own attempts.

import { Attempt } from "../engine/attempt.js"
import { BASE } from "../engine/base.js"
import { negotiate, postCommand, Refusal, request } from "../engine/http.js"
import { Negotiator } from "../engine/negotiator.js"
import { TRANSPORTS } from "../engine/policy.js"
import { Positions } from "../engine/positions.js"
import { sleep } from "../engine/sleep.js"
import { refusalWords } from "../refusals.js"
import { t } from "../texts.js"
import { poll } from "../transports/longpoll.js"

/** @import { Offer } from "../engine/http.js" */
/** @import { Finding, Findings } from "./diagnosis.js" */

const PLAIN_REQUESTS = 3 // the fastest counts: the first may have had to open a connection
const ANSWER_MS = 5000
const PROOF_MS = 4000 // several round trips on the slowest network usable for a chat
const WATCH_MS = 12_000 // two heartbeats at the requested interval, with a margin
const HEARTBEAT_S = 5 // the shortest interval that the server allows
const STORE_AWAY = 4003

/** Measure how each transport works. @param {(words: string) => void} onProgress describes each step @returns {Promise<Findings>} */
export async function examine(onProgress) {
  onProgress(t("Asking the server…"))
  const plain_ms = await quickest(() => request(`${BASE}/healthz`, { timeout_ms: ANSWER_MS }))
  onProgress(t("Sending something…"))
  const ping = () => postCommand({ type: "ping" }, `${BASE}/send`, AbortSignal.timeout(ANSWER_MS))
  const post_ms = plain_ms === null ? null : await quickest(ping)
  const offers = await offered()
  /** @type {Trial[]} */ const trials = []
  for (const transport of TRANSPORTS) {
    const offer = offers.of(transport)
    if (!offer || plain_ms === null) continue
    onProgress(TRYING[transport])
    const trial = new Trial(offer)
    trials.push(trial)
    await trial.decided.promise
  }
  if (trials.some(({ isAlive }) => isAlive)) {
    onProgress(t("Watching for {seconds} s whether what works stays…", { seconds: WATCH_MS / 1000 }))
    await Promise.race([sleep(WATCH_MS), Promise.all(trials.map(({ ended }) => ended.promise))])
  }
  // Poll before the working transports are closed: the limit may be on open connections.
  const hasFailed = trials.some(({ finding }) => finding.outcome !== "")
  const limit = trials.find((trial) => trial.limit)?.limit || (hasFailed ? await askedLimit() : "")
  for (const trial of trials) trial.attempt.close()
  return {
    server: location.origin + BASE,
    browser: navigator.userAgent,
    time: new Date().toISOString(),
    instance: trials.findLast(({ instance }) => instance)?.instance ?? "",
    plain_ms,
    post_ms,
    isStoreAway: trials.some(({ isStoreAway }) => isStoreAway),
    limit,
    transports: TRANSPORTS.map((transport) => {
      const trial = trials.find(({ attempt }) => attempt.transport === transport)
      return trial ? trial.finding : { ...NOT_OFFERED, transport, why: "" }
    }),
  }
}

const TRYING = { websocket: t("Trying a WebSocket…"), sse: t("Trying an event stream…"), longpoll: t("Trying long polling…") }
/** @type {Omit<Finding, "transport" | "why">} */
const NOT_OFFERED = { outcome: "closed", isOpen: false, hello_ms: null, proven_ms: null, ended_ms: 0 }

/** Tries one transport and records what happened. */
class Trial {
  /** @type {Omit<Finding, "transport" | "why" | "isOpen">} */
  #found = { outcome: "silent", hello_ms: null, proven_ms: null, ended_ms: 0 }
  isStoreAway = false
  limit = ""
  instance = "" // of the server that greeted
  isAlive = true
  #positions = new Positions() // each trial keeps its own cursor, as the chat does
  /** Resolved when the transport is proven or has failed. */
  decided = /** @type {PromiseWithResolvers<void>} */ (Promise.withResolvers())
  ended = /** @type {PromiseWithResolvers<void>} */ (Promise.withResolvers())
  #why

  /** @param {Offer} offer */
  constructor(offer) {
    this.#why = offer.why
    this.attempt = new Attempt(
      offer,
      { id: 0, role: "race", limit_ms: PROOF_MS },
      { session: null, cursor: () => this.#positions.cursor, heartbeat_s: HEARTBEAT_S, hold_s: HEARTBEAT_S, pause_s: 0, limits: { heartbeat_s: null, hold_s: null } },
      {
        onPush: (attempt, push) => {
          this.#positions.judge(push)
          if (push.type !== "hello") return
          this.#found.hello_ms ??= attempt.age_ms
          this.instance = push.instance
        },
        onProven: (attempt) => {
          Object.assign(this.#found, { proven_ms: attempt.age_ms, outcome: "" })
          this.decided.resolve()
        },
        onEnd: (attempt, { kind, goodbye }) => {
          this.isAlive = false
          this.isStoreAway = goodbye?.code === STORE_AWAY
          if (goodbye?.refusal === "rate_limited") this.limit = refusalWords({ code: goodbye.refusal, message: goodbye.reason })
          this.#found.ended_ms = attempt.age_ms
          if (kind !== "closed") this.#found.outcome = kind
          this.decided.resolve()
          this.ended.resolve()
        },
      },
    )
  }

  /** @returns {Finding} */
  get finding() {
    return { ...this.#found, transport: this.attempt.transport, isOpen: this.attempt.isOpen, why: this.#why }
  }
}

/** Return the shortest time that `ask` took, or null if it got no answer. @param {() => Promise<unknown>} ask */
async function quickest(ask) {
  let best_ms = null
  for (let count = 0; count < PLAIN_REQUESTS; count++) {
    const startedAt_ms = performance.now()
    try {
      await ask()
    } catch (error) {
      if (!(error instanceof Refusal)) break // a refusal is an answer; after no answer, stop trying
    }
    best_ms = Math.min(best_ms ?? Infinity, performance.now() - startedAt_ms)
  }
  return best_ms
}

/**
 * Return the server's message if it refuses a poll because of a rate limit; else "". A browser does
 * not tell scripts why a WebSocket or an event stream was refused, so a plain poll finds out.
 */
async function askedLimit() {
  try {
    await poll({ url: `${BASE}/poll`, session: null, cursor: () => "" }, { hold_s: 0 }, AbortSignal.timeout(ANSWER_MS))
  } catch (error) {
    if (error instanceof Refusal && error.reply.code === "rate_limited") return refusalWords(error.reply)
  }
  return ""
}

async function offered() {
  const negotiator = new Negotiator(TRANSPORTS)
  try {
    negotiator.offers = (await negotiate({}, AbortSignal.timeout(ANSWER_MS))).transports
  } catch {
    negotiator.assume() // no answer arrived: trying each transport shows what works
  }
  return negotiator
}
