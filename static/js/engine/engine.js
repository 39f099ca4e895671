// @ts-check
// Keeps the conversation connected: negotiates, races transports, and reconnects after a loss.
//
//   idle → connecting → connected ─┬─ a better one is proven: it takes over, still connected
//              ▲            │ lost └─ silent: another attach is tried beside it
//              └── waiting ◀┘             closed: told not to reconnect
//
// policy.js says how long to wait, memory.js what is known about a network.

import { Attempts } from "./attempts.js"
import { History } from "./history.js"
import { NoAnswer, postCommand, Refusal } from "./http.js"
import { recall } from "./memory.js"
import { Negotiator, PATIENCE_MS } from "./negotiator.js"
import { backoff_ms, isComeBack, moved_ms, STABLE_MS } from "./policy.js"
import { ENTERING, Positions } from "./positions.js"
import { sleep } from "./sleep.js"
import { requestAs } from "./user.js"

/** @import { Attempt, AttemptEnd } from "./attempt.js" */
/** @import { Command, Reply, Terms } from "./http.js" */
/** @import { TransportName } from "./policy.js" */
/** @import { Push } from "../transports/transport.js" */

/** @typedef {"idle" | "connecting" | "connected" | "waiting" | "closed"} State */
/**
 * @typedef {object} Status
 * @property {State} state
 * @property {TransportName} [transport] while connecting and connected
 * @property {boolean} [isLowPower] connected, with as few wake-ups as possible
 * @property {boolean} [isOffline] the browser reports that there is no network; also while connecting
 * @property {number} [wait_ms] while waiting, the whole wait
 * @property {number} [retryAt_ms] while waiting, when the wait ends
 * @property {string} [reason] why it is not connected
 * @property {string} [refusal] while waiting, and then connecting: the code with which the server refused, if it did
 * @property {number} [code] closed, the code of the goodbye that closed it
 */

const OFFLINE_RETRY_MS = 30_000 // browsers sometimes report offline wrongly
const REPLACED = 4500
/** @type {Record<string, number>} */ const FINAL_ERRORS = { unauthorized: 4502, banned: 4503 } // with the goodbye of the same meaning
const FIRST_PUSH_PATIENCE_MS = 5000 // if no push arrives, the command is at least sent

export class Engine extends EventTarget {
  /** @type {Status} */ status = { state: "idle" }
  history = new History(() => this.dispatchEvent(new Event("historychange")))
  positions
  memory
  /** @type {string | null} */ #session = null
  negotiator
  #attempts
  #failedRounds = 0
  #isOffline = false
  #isLowPower = false
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #retryTimer

  /**
   * @param {{ can: TransportName[], cursor?: string, user?: string, memory?: unknown, terms?: Terms, rtt_ms?: number }} options
   *   user: who one is, if that is known; memory: the stored one; terms: the answer that /negotiate would give now
   */
  constructor({ can, cursor, user, memory, terms, rtt_ms }) {
    super()
    if (user) requestAs(user)
    this.positions = new Positions(cursor)
    this.memory = recall(memory, Date.now())
    this.negotiator = new Negotiator(can, rtt_ms)
    this.#attempts = new Attempts(this, {
      onStart: (transport) => this.#enter({ ...this.status, state: "connecting", transport }),
      onPush: (push) => this.#push(push),
      onGap: (attempt) => this.#resume(attempt),
      onActive: (attempt) => this.#connected(attempt),
      onLost: (attempt, end) => this.#lost(attempt, end),
      onFailed: (end) => this.#failed(end),
    }) // prettier-ignore
    if (terms) this.#accept(terms)
  }

  /** Connect, and stay connected. */
  start() {
    if (this.status.state !== "idle" && this.status.state !== "closed") return
    // With terms from the page and no failures to report, negotiating is not needed.
    if (this.negotiator.offers.length === 0 || Object.keys(this.memory.failures).length > 0) return void this.#connect()
    this.#enter({ state: "connecting" })
    this.#attempts.race(this.#session)
  }

  /** Disconnect, and stay so until a person asks to reconnect. @param {string} [reason] @param {number} [code] */
  close(reason = "closed here", code) {
    this.#disconnect()
    this.#enter({ state: "closed", reason, code })
  }

  /** Whether the engine is closed. Then it reconnects only when a person asks for it. */
  get #isClosed() {
    return this.status.state === "closed"
  }

  /** Stop waiting and try now. If connected, check a silent connection, and try better transports. */
  tryNow() {
    if (this.#isClosed) this.start()
    else if (this.status.state === "waiting") void this.#connect()
    else this.#attempts.tryNow()
  }

  /** Forget all failures and try again: the network may be another, on which they would not recur. */
  networkChanged() {
    if (this.#isClosed) return
    this.#isOffline = false
    this.memory.forget()
    this.#failedRounds = 0
    this.#attempts.networkChanged()
    if (!this.#attempts.active) void this.#connect()
  }

  /** Disconnect and retry rarely: the browser reports that there is no network. */
  goOffline() {
    if (this.#isClosed) return
    this.#isOffline = true
    this.#disconnect()
    this.#wait(OFFLINE_RETRY_MS, "the browser is offline")
  }

  /** Enter or leave low power: few wake-ups while nobody looks. @param {boolean} isLowPower */
  setLowPower(isLowPower) {
    if (this.#isLowPower === isLowPower) return
    this.#isLowPower = isLowPower
    if (this.#attempts.setLowPower(isLowPower)) void this.#connect()
  }

  /** Attach again at once, at the cursor, for example after the user's name has changed. @param {string} reason */
  reattach(reason) {
    if (this.#isClosed) return
    this.#disconnect()
    void this.#connect(reason)
  }

  /**
   * Send one command and return its reply, which may be an error. Uses the WebSocket if one is
   * active, else POST, which may work even while no transport does.
   * @param {Command} command @returns {Promise<Reply>}
   * @throws {NoAnswer} the command may or may not have been executed
   */
  async command(command) {
    if (this.#isClosed) throw new NoAnswer("not connected") // a POST would come from a new guest
    if (this.positions.cursor === "") await this.#firstPush()
    const { active } = this.#attempts
    try {
      const reply = active ? await active.command(command) : await postCommand(command, this.negotiator.sendUrl)
      const { type, room, epoch, offset = 0 } = reply
      if (type === "ok" && ENTERING.has(command.type) && room && epoch) this.positions.enter(room, { epoch, offset })
      return reply
    } catch (error) {
      if (error instanceof NoAnswer && active && active === this.#attempts.active) this.#attempts.suspect("a command was not answered")
      throw error
    }
  }

  /** Wait for the first push, which sets the cursor: a reader without one would miss its own message. */
  async #firstPush() {
    const arrived = new AbortController()
    this.addEventListener("push", () => arrived.abort(), { once: true })
    await sleep(FIRST_PUSH_PATIENCE_MS, arrived.signal)
  }

  /** Negotiate, and try the offers in the server's order. @param {string} [reason] */
  async #connect(reason = this.status.reason ?? "") {
    clearTimeout(this.#retryTimer)
    if (!this.#attempts.active) this.#enter({ state: "connecting", reason, refusal: this.status.refusal, isOffline: this.#isOffline })
    const question = { memory: this.memory, session: this.#session, history: this.history, why: reason }
    try {
      const answer = await this.negotiator.negotiate(question, () => this.#attempts.race(this.#session))
      if (!answer) return
      const { terms, took_ms } = answer
      const hasBegun = took_ms > PATIENCE_MS && (this.#attempts.active !== null || this.#attempts.isRacing)
      if (!hasBegun) this.negotiator.rtt_ms = took_ms
      this.#accept(terms)
      if (!hasBegun) this.#attempts.race(this.#session)
    } catch (error) {
      const { message } = /** @type {Error} */ (error)
      const reply = error instanceof Refusal ? error.reply : undefined
      const code = FINAL_ERRORS[reply?.code ?? ""]
      if (code) return this.close(message, code)
      this.memory.unreachable()
      if (!this.#attempts.isRacing) this.#retry(message, reply && { ...reply, refusal: reply.code })
    }
  }

  /** @param {Terms} terms */
  #accept(terms) {
    this.negotiator.accept(terms, this.memory)
    this.#session ??= terms.session ?? null
  }

  /** @param {Push} push */
  #push(push) {
    if (push.type === "hello") requestAs(push.user)
    this.dispatchEvent(new CustomEvent("push", { detail: push }))
  }

  /** @param {Attempt} attempt that has become active */
  #connected({ session, transport, pause_s }) {
    this.#session = session
    this.#isOffline = false
    clearTimeout(this.#retryTimer)
    this.#enter({ state: "connected", transport, isLowPower: pause_s > 0 })
  }

  /** Recover after the active attempt has ended. @param {Attempt} attempt @param {AttemptEnd} end */
  #lost(attempt, end) {
    const { detail, goodbye } = end
    if (this.#isFinal(end)) return
    if (attempt.lived_ms >= STABLE_MS) this.#failedRounds = 0
    if (this.#attempts.promoteBest()) return
    const wait_ms = moved_ms(goodbye)
    if (wait_ms !== null) return this.#wait(wait_ms, detail)
    // The network ends a transport that dies young. Other clients are not affected, so reconnecting at
    // once overloads nobody, and other transports may work. After each has been tried, wait.
    const isYoung = end.kind === "died" && attempt.lived_ms < STABLE_MS
    if (!isYoung || ++this.#failedRounds >= this.negotiator.offers.length) return this.#retry(detail, goodbye)
    this.#enter({ state: "connecting", reason: detail })
    this.#attempts.race(this.#session)
  }

  /** Retry later: nothing has worked, or the server would say goodbye on every transport. @param {AttemptEnd} end */
  #failed(end) {
    if (this.#isFinal(end)) return
    if (end.goodbye && !this.#attempts.active) this.#disconnect()
    this.#retry(end.detail, end.goodbye)
  }

  /** Return whether the server said not to reconnect, and close if so. @param {AttemptEnd} end */
  #isFinal({ detail, goodbye }) {
    if (isComeBack(goodbye?.code)) return false
    if (goodbye?.code === REPLACED) {
      this.#session = null // by another client: our own newer attach would have closed this one first
      return false
    }
    this.close(detail, goodbye?.code)
    return true
  }

  /** Attach again at the cursor after a gap: the log has what is missing. @param {Attempt} attempt */
  #resume({ lived_ms }) {
    this.#disconnect()
    // Repeated gaps mean that something is wrong, so each retry waits longer.
    if (lived_ms >= STABLE_MS) this.#failedRounds = 0
    if (this.#failedRounds++ === 0) void this.#connect("a gap was seen")
    else this.#retry("a gap was seen")
  }

  /** Reconnect after a backoff. @param {string} reason @param {{ retry_ms?: number, refusal?: string }} [goodbye] */
  #retry(reason, goodbye) {
    const jitter_ms = this.#isOffline ? OFFLINE_RETRY_MS : backoff_ms(this.#failedRounds++, Math.random())
    this.#wait((goodbye?.retry_ms ?? 0) + jitter_ms, reason, goodbye?.refusal)
  }

  /** @param {number} wait_ms @param {string} reason @param {string} [refusal] */
  #wait(wait_ms, reason, refusal) {
    clearTimeout(this.#retryTimer)
    const isOffline = this.#isOffline
    if (!this.#attempts.active) this.#enter({ state: "waiting", wait_ms, retryAt_ms: Date.now() + wait_ms, reason, refusal, isOffline })
    this.#retryTimer = setTimeout(() => void this.#connect(reason), wait_ms)
  }

  #disconnect() {
    this.negotiator.abort()
    clearTimeout(this.#retryTimer)
    this.#attempts.close()
  }

  /** @param {Status} status */
  #enter(status) {
    this.status = status
    this.dispatchEvent(new Event("statechange"))
  }
}
