// @ts-check
// Keeps one transport attached: negotiates, tries what is offered, notices death, comes back.
//
//   idle → negotiating → connecting → connected ─┐
//              ▲             │ next offer        │ ended
//              └── waiting ◀─┴───────────────────┤
//                              closed ◀──────────┘ told not to come back
//
// What a push means is not decided here, nor how long to wait (policy.js), nor how a transport
// works (transports/).

import { negotiate, NoAnswer, postCommand } from "./api.js"
import { backoff_ms, deadline_ms, isComeBack, isUnstable, recentFailures, silence_ms, STABLE_MS } from "./policy.js"
import { openLongPoll } from "./transports/longpoll.js"
import { openEventStream } from "./transports/sse.js"
import { openWebSocket } from "./transports/websocket.js"

/** @import { Command, Offer, Reply, Terms } from "./api.js" */
/** @import { Failure, TransportName } from "./policy.js" */
/** @import { Carrier, End, Push, Wish } from "./transports/carrier.js" */

/** @typedef {"idle" | "negotiating" | "connecting" | "connected" | "waiting" | "closed"} State */
/**
 * @typedef {object} Status
 * @property {State} state
 * @property {TransportName} [transport] while connecting and connected
 * @property {number} [wait_ms] while waiting, the whole of it
 * @property {number} [retryAt_ms] while waiting, when it is over
 * @property {string} [reason] why it is not connected
 */
/**
 * @typedef {object} Outcome of a round or an attempt
 * @property {"failed" | "lost" | "reattach" | "refused"} kind failed: hello never came
 * @property {string} reason
 * @property {number} [lived_ms] how long it was connected
 * @property {boolean} [isItsOwn] the carrier ended by itself, and nobody said goodbye
 * @property {number} [retry_ms] what the goodbye asked for
 */

/** @type {Record<TransportName, (wish: Wish) => Carrier>} */
const OPENERS = { websocket: openWebSocket, sse: openEventStream, longpoll: openLongPoll }

const REPLY_TIMEOUT_MS = 10_000 // an answer that takes longer will not come on this socket
const REPLACED = 4500

export class Connection extends EventTarget {
  /** @type {Status} */
  #status = { state: "idle" }
  /** @type {string | null} kept in memory only: a second tab is a second session */
  #session = null
  /** @type {Map<TransportName, Failure>} */
  #failures = new Map()
  /** @type {Map<TransportName, number>} how often it has ended by itself right after its hello */
  #earlyEnds = new Map()
  /** @type {Carrier | null} the one attached */
  #carrier = null
  /** Ends the carrier under way. @type {(outcome: Outcome) => void} */
  #finish = () => {}
  /** Ends the wait under way. */
  #wake = () => {}
  /** @type {Map<string, PromiseWithResolvers<Reply>>} by command id */
  #pending = new Map()
  #sendUrl = "/send"
  #lastId = 0
  #heardAt_ms = 0
  #allowedSilence_ms = Infinity

  /** @param {{ can: TransportName[], cursor: () => string }} options */
  constructor({ can, cursor }) {
    super()
    this.#can = can
    this.#cursor = cursor
  }
  #can
  #cursor

  /** @returns {Status} */
  get status() {
    return this.#status
  }

  get isConnected() {
    return this.#status.state === "connected"
  }

  /** Connect, and stay so. */
  start() {
    if (this.#status.state === "idle" || this.#status.state === "closed") void this.#run()
  }

  /** Don't wait any longer; if the link has died in silence, notice it now. */
  tryNow() {
    if (this.#status.state === "closed") this.start()
    this.#wake()
    this.#checkSilence()
  }

  /** The network has changed: what failed on the old one may work on this one. */
  forgetFailures() {
    this.#failures.clear()
    this.#earlyEnds.clear()
    this.tryNow()
  }

  /** @param {string} reason attach anew at once, at the cursor: the user has another name */
  reattach(reason) {
    this.#finish({ kind: "reattach", reason })
  }

  /** @param {string} reason give this attach up and come back: the network is gone, a hole was seen */
  drop(reason) {
    this.#finish({ kind: "lost", reason })
  }

  /**
   * Send one command and return its reply, which may be an error. By the socket where there is
   * one, else by POST, which may work even while no transport does.
   * @param {Command} command
   * @returns {Promise<Reply>}
   * @throws {NoAnswer} it may or may not have been carried out
   */
  async command(command) {
    const send = this.isConnected && this.#carrier?.send
    if (!send) return postCommand(command, this.#sendUrl)
    if (command.type === "typing") {
      send(command)
      return { type: "ok" }
    }
    const id = String(++this.#lastId)
    /** @type {PromiseWithResolvers<Reply>} */
    const answer = Promise.withResolvers()
    const timer = setTimeout(() => {
      answer.reject(new NoAnswer(`no reply in ${REPLY_TIMEOUT_MS} ms`))
      this.drop("a command was not answered")
    }, REPLY_TIMEOUT_MS)
    this.#pending.set(id, answer)
    try {
      send({ ...command, id })
      return await answer.promise
    } finally {
      clearTimeout(timer)
      this.#pending.delete(id)
    }
  }

  /** @param {Status} status */
  #enter(status) {
    this.#status = status
    this.dispatchEvent(new Event("statechange"))
  }

  async #run() {
    let reason = ""
    for (let round = 0; ; round++) {
      this.#enter({ state: "negotiating", reason })
      const outcome = await this.#round(round)
      reason = outcome.reason
      if (outcome.kind === "refused") return this.#enter({ state: "closed", reason })
      if (outcome.kind === "reattach") {
        round = -1
        continue
      }
      // What never lasts, or sees a hole each time, is tried ever less often.
      if ((outcome.lived_ms ?? 0) >= STABLE_MS) round = 0
      await this.#wait((outcome.retry_ms ?? 0) + backoff_ms(round, Math.random()), reason)
    }
  }

  /**
   * Ask what there is and try it in that order.
   * @param {number} round
   * @returns {Promise<Outcome>} of the attempt that was once connected, or of the last one
   */
  async #round(round) {
    /** @type {Terms} */
    let terms
    const startedAt_ms = performance.now()
    try {
      const failed = recentFailures(this.#failures, Date.now())
      terms = await negotiate({ can: this.#can, failed, session: this.#session })
    } catch (error) {
      // The server or the whole network is away, which is not for a transport to answer for.
      this.#failures.clear()
      this.#earlyEnds.clear()
      return { kind: "failed", reason: /** @type {Error} */ (error).message }
    }
    const rtt_ms = performance.now() - startedAt_ms
    this.#session = terms.session
    /** @type {Outcome} */
    let outcome = { kind: "failed", reason: "nothing was offered" }
    for (const offer of terms.transports) {
      outcome = await this.#carry(offer, terms, deadline_ms(rtt_ms, round))
      if (outcome.kind !== "failed") break
    }
    return outcome
  }

  /**
   * Have one transport carry the session until it ends.
   * @param {Offer} offer @param {Terms} terms @param {number} limit_ms for hello to come down
   * @returns {Promise<Outcome>}
   */
  #carry({ transport, url, send }, terms, limit_ms) {
    this.#enter({ state: "connecting", transport })
    this.#sendUrl = send
    const startedAt_ms = performance.now()
    const age_ms = () => Math.round(performance.now() - startedAt_ms)
    let isGreeted = false
    /** @type {Push | null} */
    let goodbye = null
    /** @type {PromiseWithResolvers<Outcome>} */
    const outcome = Promise.withResolvers()
    const deadline = setTimeout(() => {
      this.#finish({ kind: "failed", reason: `no hello in ${limit_ms} ms` })
    }, limit_ms)
    /** @type {ReturnType<typeof setInterval> | undefined} */
    let watch

    this.#finish = (ended) => {
      this.#finish = () => {}
      clearTimeout(deadline)
      clearInterval(watch)
      this.#allowedSilence_ms = Infinity
      this.#carrier?.close()
      this.#carrier = null
      for (const answer of this.#pending.values()) answer.reject(new NoAnswer(ended.reason))
      const lived_ms = isGreeted ? age_ms() : 0
      if (lived_ms >= STABLE_MS) this.#earlyEnds.delete(transport)
      else if (ended.isItsOwn) this.#earlyEnds.set(transport, (this.#earlyEnds.get(transport) ?? 0) + 1)
      if (ended.kind === "failed" || isUnstable(this.#earlyEnds.get(transport))) {
        this.#failures.set(transport, { reason: ended.reason, after_ms: age_ms(), at_ms: Date.now() })
      }
      outcome.resolve({ ...ended, lived_ms })
    }

    const heard = () => {
      this.#heardAt_ms = performance.now()
    }
    /** @param {Push} push */
    const onPush = (push) => {
      heard()
      if (push.type === "goodbye") {
        goodbye = push
        // Nothing else closes a poll, and a socket's close may be long in coming.
        return this.#finish(this.#parted({ reason: "" }, goodbye, isGreeted))
      }
      const answer = this.#pending.get(push.id)
      if (answer) return answer.resolve(/** @type {Reply} */ (push))
      this.dispatchEvent(new CustomEvent("push", { detail: push }))
      if (push.type !== "hello" || isGreeted) return
      isGreeted = true
      clearTimeout(deadline)
      this.#session = push.session
      this.#failures.delete(transport)
      this.#allowedSilence_ms = silence_ms(transport, { ...terms, heartbeat_s: push.heartbeat_s })
      watch = setInterval(() => this.#checkSilence(), 1000)
      this.#enter({ state: "connected", transport })
    }
    const onEnd = (/** @type {End} */ end) => this.#finish(this.#parted(end, goodbye, isGreeted))
    const wish = { url, session: terms.session, cursor: this.#cursor, onPush, onLife: heard, onEnd }
    this.#carrier = OPENERS[transport](wish)
    return outcome.promise
  }

  /**
   * @param {End} end @param {Push | null} goodbye @param {boolean} isGreeted
   * @returns {Outcome}
   */
  #parted(end, goodbye, isGreeted) {
    const code = goodbye?.code ?? end.code
    const reason = goodbye?.reason ?? end.reason
    if (code === REPLACED) {
      // Not by us: our own newer attach would have closed this carrier first.
      this.#session = null
      return { kind: "lost", reason }
    }
    if (!isComeBack(code)) return { kind: "refused", reason }
    if (goodbye) return { kind: "lost", reason, retry_ms: goodbye.retry_ms }
    return { kind: isGreeted ? "lost" : "failed", reason, isItsOwn: isGreeted }
  }

  #checkSilence() {
    const silence_ms = performance.now() - this.#heardAt_ms
    if (silence_ms > this.#allowedSilence_ms) this.drop(`silent for ${Math.round(silence_ms)} ms`)
  }

  /** @param {number} wait_ms @param {string} reason */
  #wait(wait_ms, reason) {
    this.#enter({ state: "waiting", wait_ms, retryAt_ms: Date.now() + wait_ms, reason })
    return /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        const timer = setTimeout(resolve, wait_ms)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    )
  }
}
