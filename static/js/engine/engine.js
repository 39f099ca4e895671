// @ts-check
// Keeps the best working transport attached: races transports, proves them, falls back, upgrades.
//
//   idle → connecting → connected ─┬─ a better one is proven: it takes over, still connected
//              ▲            │ lost └─ silent: another attach is tried beside it
//              └── waiting ◀┘             closed: told not to reconnect
//
// Attempts run in parallel, each with its own session, and all read after the same cursor: a logged
// push is taken from the attempt that delivers it first. So taking over means only closing the other.
// policy.js says how long to wait, memory.js what is known about a network.

import { NoAnswer, negotiate, postCommand, Refusal } from "./http.js"
import { Attempt } from "./attempt.js"
import * as memories from "./memory.js"
import { backoff_ms, climb_ms, deadline_ms, isBetter, isComeBack, moved_ms, SETTLED_MS, silence_ms, STABLE_MS, stagger_ms } from "./policy.js"
import { byMerit, Offers } from "./offers.js"
import { isLogged, Positions } from "./positions.js"
import { sleep } from "./sleep.js"
import { begin, goOn } from "./history.js"

/** @import { Command, Offer, Reply, Terms } from "./http.js" */
/** @import { Push } from "../transports/transport.js" */
/** @import { AttemptEnd } from "./attempt.js" */
/** @import { Memory } from "./memory.js" */
/** @import { TransportName } from "./policy.js" */
/** @import { HistoryEntry, Role } from "./history.js" */

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
 * @property {number} [code] closed, the code of the goodbye that closed it
 */

const REST_S = 60 // browsers run the timers of hidden tabs only once a minute anyway
const OFFLINE_RETRY_MS = 30_000 // browsers sometimes report offline wrongly
const REPLACED = 4500
/** @type {Record<string, number>} error codes, with the goodbye of the same meaning */
const KEPT_OUT = { unauthorized: 4502, banned: 4503 }
const PLACE_PATIENCE_MS = 5000 // if no push arrives, the command is at least sent
// If POSTs are slow or blocked, a race in our own order starts without waiting for the server's.
const NEGOTIATE_PATIENCE_MS = 500

export class Engine extends EventTarget {
  /** @type {Status} */
  status = { state: "idle" }
  /** @type {HistoryEntry[]} */
  history = []
  positions
  /** @type {Memory} */
  memory
  #can
  /** @type {string | null} */
  #session = null
  #offers
  /** @type {Offer[]} those that this race has not tried yet */
  #queue = []
  #started = 0
  /** @type {Set<Attempt>} running, including the active one */
  #attempts = new Set()
  /** @type {Attempt | null} the proven attempt that carries the conversation */
  #active = null
  /** @type {Attempt | null} whose unlogged pushes count: the active one, or the first to receive a hello */
  #primary = null
  #negotiating = new AbortController()
  #lastId = 0
  #failedRounds = 0
  #climbs = 0
  #isOffline = false
  #isLowPower = false
  /** @type {Record<"patience" | "stagger" | "climb" | "retry" | "renewal", ReturnType<typeof setTimeout> | undefined>} */
  #timers = { patience: undefined, stagger: undefined, climb: undefined, retry: undefined, renewal: undefined }
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #watch

  /**
   * @param {{ can: TransportName[], cursor?: string, memory?: unknown, terms?: Terms, rtt_ms?: number }} options
   *   memory: the stored one; terms: the answer that /negotiate would give now
   */
  constructor({ can, cursor, memory, terms, rtt_ms }) {
    super()
    this.#can = can
    this.positions = new Positions(cursor)
    this.memory = memories.recall(memory, Date.now())
    this.#offers = new Offers(can, rtt_ms)
    if (terms) this.#take(terms)
  }

  // Public methods

  /** Connect, and stay connected. */
  start() {
    if (this.status.state !== "idle" && this.status.state !== "closed") return
    this.#watch ??= setInterval(() => this.#look(), 1000)
    // With terms from the page and no failures to report, negotiating is not needed.
    if (this.#offers.all.length === 0 || Object.keys(this.memory.failures).length > 0) return void this.#round()
    this.#enter({ state: "connecting" })
    this.#begin(this.#offers.all)
  }

  /** Disconnect, and stay disconnected. */
  close() {
    clearInterval(this.#watch)
    this.#watch = undefined
    this.#letGo()
    this.#enter({ state: "closed", reason: "closed here" })
  }

  /** Stop waiting and try now. If connected, check a silent connection, and try better transports. */
  tryNow() {
    if (this.status.state === "closed") return this.start()
    if (this.status.state === "waiting") return void this.#round()
    if (this.#active && this.#isSilent(this.#active, 0.5)) this.#renew("it is silent")
    this.#planClimb(0)
  }

  /** Disconnect as if the server had said not to reconnect. @param {number} code a goodbye's @param {string} reason */
  hangUp(code, reason) {
    this.#beSentAway(reason, code)
  }

  /** Whether the engine is closed. Then it reconnects only when a person asks for it. */
  get #isOver() {
    return this.status.state === "closed"
  }

  /** Forget all failures and try again: the network may be another, on which they would not recur. */
  networkChanged() {
    if (this.#isOver) return
    this.#isOffline = false
    this.#remember(memories.newMemory())
    this.#climbs = this.#failedRounds = 0
    if (!this.#active) return void this.#round()
    this.#renew("the network changed")
    this.#planClimb(0)
  }

  /** Disconnect and retry rarely: the browser reports that there is no network. */
  goOffline() {
    if (this.#isOver) return
    this.#isOffline = true
    this.#letGo()
    this.#wait(OFFLINE_RETRY_MS, "the browser is offline")
  }

  /** Enter or leave low power: few wake-ups while nobody looks. @param {boolean} isLowPower */
  setLowPower(isLowPower) {
    if (this.#isLowPower === isLowPower) return
    this.#isLowPower = isLowPower
    if (this.#isOver) return
    if (isLowPower) return this.#beginLowPower()
    for (const attempt of [...this.#attempts]) {
      if (attempt !== this.#active && isRare(attempt)) attempt.close() // it would be too slow
    }
    if (this.#active && isRare(this.#active)) void this.#round()
  }

  /** Attach again at once, at the cursor, for example after the user's name has changed. @param {string} reason */
  reattach(reason) {
    if (this.#isOver) return
    this.#letGo()
    void this.#round(reason)
  }

  /**
   * Send one command and return its reply, which may be an error. Uses the WebSocket if one is
   * active, else POST, which may work even while no transport does.
   * @param {Command} command
   * @returns {Promise<Reply>}
   * @throws {NoAnswer} the command may or may not have been executed
   */
  async command(command) {
    if (this.#isOver) throw new NoAnswer("not connected") // a POST would come from a new guest
    if (this.positions.cursor === "") await this.#placed()
    const active = this.#active
    try {
      const reply = active ? await active.command(command) : await postCommand(command, this.#offers.sendUrl)
      const { type, room, epoch, offset } = reply
      if (type === "ok" && command.type === "join" && room && epoch) {
        this.positions.enter(room, { epoch, offset: offset ?? 0 })
      }
      return reply
    } catch (error) {
      if (error instanceof NoAnswer && active && active === this.#active) this.#renew("a command was not answered")
      throw error
    }
  }

  /** Wait for the first push, which sets the cursor: a reader without one would miss its own message. */
  async #placed() {
    const placed = new AbortController()
    this.addEventListener("push", () => placed.abort(), { once: true })
    await sleep(PLACE_PATIENCE_MS, placed.signal)
  }

  // The race

  /** Negotiate, and try the offers in the server's order. @param {string} [reason] */
  async #round(reason = this.status.reason ?? "") {
    clearTimeout(this.#timers.retry)
    this.#negotiating.abort()
    const negotiating = (this.#negotiating = new AbortController())
    if (!this.#active) this.#enter({ state: "connecting", reason, isOffline: this.#isOffline })
    const startedAt_ms = performance.now()
    const id = this.#tell("negotiate", "race", reason)
    const patience = (this.#timers.patience = setTimeout(() => {
      this.#offers.assume()
      this.#begin(this.#offers.all)
    }, NEGOTIATE_PATIENCE_MS))
    /** @type {Terms} */
    let terms
    try {
      const failed = memories.recentFailures(this.memory, Date.now())
      terms = await negotiate({ can: this.#can, failed, session: this.#session }, negotiating.signal)
      clearTimeout(patience)
    } catch (error) {
      clearTimeout(patience)
      const detail = negotiating.signal.aborted ? "overtaken" : /** @type {Error} */ (error).message
      this.#goOn(id, { ended_ms: performance.now() - startedAt_ms, outcome: "unanswered", detail })
      if (negotiating.signal.aborted) return
      const reply = error instanceof Refusal ? error.reply : undefined
      const code = KEPT_OUT[reply?.code ?? ""]
      if (code) return this.#beSentAway(detail, code)
      // The server or the whole network is unavailable, so no transport is to blame.
      this.#remember({ ...this.memory, failures: {} })
      if (!this.#isRacing()) this.#retry(detail, reply)
      return
    }
    const took_ms = performance.now() - startedAt_ms
    this.#goOn(id, { proven_ms: took_ms, ended_ms: took_ms, outcome: "closed" })
    if (negotiating.signal.aborted) return
    const hasBegun = took_ms > NEGOTIATE_PATIENCE_MS && (this.#active !== null || this.#isRacing())
    if (!hasBegun) this.#offers.rtt_ms = took_ms
    this.#take(terms)
    if (!hasBegun) this.#begin(this.#offers.all)
  }

  /** Return whether an attempt other than the active one is running or queued. */
  #isRacing() {
    return this.#queue.length > 0 || [...this.#attempts].some((attempt) => attempt !== this.#active)
  }

  /** @param {Terms} terms */
  #take(terms) {
    this.#remember(this.#offers.take(terms, this.memory))
    this.#session ??= terms.session ?? null
  }

  /** @param {readonly Offer[]} offers in the order in which to try them */
  #begin(offers) {
    this.#queue = [...offers]
    this.#started = 0
    this.#startNext()
  }

  /** Start the next attempt of this race, and schedule the one after it. */
  #startNext() {
    clearTimeout(this.#timers.stagger)
    const offer = this.#queue.shift()
    if (!offer) return
    if (this.#active && !isRare(this.#active) && !isBetter(offer.transport, this.#active.transport)) return
    const isFirst = this.#started++ === 0 && !this.#active
    this.#launch(offer, "race", { why: offer.why, session: isFirst ? this.#session : null })
    if (!this.#active) this.#enter({ ...this.status, state: "connecting", transport: offer.transport })
    this.#timers.stagger = setTimeout(() => this.#startNext(), stagger_ms(this.#started, this.#offers.rtt_ms))
  }

  /** @param {Offer} offer @param {Role} role @param {{ why: string, session?: string | null, rest_s?: number }} how */
  #launch(offer, role, { why, session = null, rest_s = 0 }) {
    const quiet = (/** @type {number} */ usual_s) => memories.quiet_s(this.memory, usual_s)
    const id = this.#tell(offer.transport, role, why)
    // A renewal repeats a transport that works, and low power is not on trial either.
    const trial_ms = role === "race" || role === "climb" ? memories.trialOf_ms(this.memory, offer.transport) : 0
    const attempt = new Attempt(
      offer,
      { id, role, trial_ms, limit_ms: deadline_ms(this.#offers.rtt_ms) },
      {
        session,
        cursor: () => this.positions.cursor,
        heartbeat_s: quiet(this.#offers.heartbeat_s),
        hold_s: rest_s > 0 ? 0 : quiet(this.#offers.hold_s),
        rest_s,
      },
      { onPush: this.#onPush, onProven: this.#onProven, onEnd: this.#onEnd },
    )
    this.#attempts.add(attempt)
  }

  /** @param {Attempt} attempt @param {Push} push */
  #onPush = (attempt, push) => {
    if (attempt === this.#active) this.#endSuspicion()
    if (!this.#primary && push.type === "hello") this.#primary = attempt
    const isPrimary = attempt === this.#primary
    if (!isPrimary && !isLogged(push) && push.type !== "notification") return
    const verdict = this.positions.take(push)
    if (verdict === "apply") this.dispatchEvent(new CustomEvent("push", { detail: push }))
    if (verdict !== "gap") return
    if (isPrimary) this.#resume(attempt)
    else attempt.close() // the primary has been told to resync, so this one no longer matches the cursor
  }

  /** @param {Attempt} attempt */
  #onProven = (attempt) => {
    this.#goOn(attempt.id, { proven_ms: attempt.age_ms })
    this.#remember(memories.proven(this.memory, attempt.transport))
    if (attempt.trial_ms === 0 || !this.#active) return this.#promote(attempt)
    setTimeout(() => attempt.hasEnded || this.#promote(attempt), attempt.trial_ms)
  }

  /** Make a proven attempt the active one, unless a better one is active. @param {Attempt} attempt */
  #promote(attempt) {
    const old = this.#active
    const isAsked = attempt.role === "renewal" || attempt.role === "low power"
    if (old && !isAsked && !isRare(old) && !isBetter(attempt.transport, old.transport)) return attempt.close()
    this.#active = this.#primary = attempt
    this.#session = attempt.session
    this.#queue = [] // better transports are tried later, by a climb
    this.#isOffline = false
    clearTimeout(this.#timers.stagger)
    clearTimeout(this.#timers.retry)
    for (const other of [...this.#attempts]) {
      if (other === attempt) continue
      if (other === old || isRare(attempt) || !isBetter(other.transport, attempt.transport)) other.close()
    }
    this.#enter({ state: "connected", transport: attempt.transport, isLowPower: isRare(attempt) })
    this.#planRenewal()
    this.#planClimb()
    if (this.#isLowPower && !isRare(attempt)) this.#beginLowPower()
  }

  // Ends

  /** @param {Attempt} attempt @param {AttemptEnd} end */
  #onEnd = (attempt, end) => {
    this.#attempts.delete(attempt)
    this.#goOn(attempt.id, { ended_ms: attempt.age_ms, outcome: end.kind, detail: end.detail })
    this.#note(attempt, end)
    if (attempt === this.#primary) this.#primary = null
    if (attempt === this.#active) {
      this.#active = null
      if (end.kind !== "closed") this.#lost(attempt, end)
      return
    }
    if (end.kind === "closed") return
    if (!this.#active || isRare(this.#active)) {
      if (this.#isSentAway(end)) return
      if (end.goodbye) this.#comeBack(end)
      else if (this.#queue.length > 0) this.#startNext()
      else if (!this.#isRacing()) this.#retry(end.detail, end.goodbye)
    } else if (attempt.role === "renewal") {
      if (this.#isSilent(this.#active)) this.#active.end({ kind: "lost", detail: "the link fell silent" })
    } else if (![...this.#attempts].some((other) => isBetter(other.transport, this.#active?.transport ?? "websocket"))) {
      this.#climbs++
      this.#planClimb()
    }
  }

  /** Remember what an end says about the network. @param {Attempt} attempt @param {AttemptEnd} end */
  #note(attempt, { kind, detail, goodbye }) {
    const { transport, age_ms, lived_ms, idle_ms } = attempt
    const at_ms = Date.now()
    if (kind === "died") this.#remember(memories.died(this.memory, transport, { lived_ms, idle_ms }, at_ms))
    const isFailure = kind === "refused" || kind === "silent" || kind === "unanswered"
    if (isFailure || goodbye?.advice) {
      const reason = goodbye?.advice ? `moved: ${detail}` : `${kind}: ${detail}`
      this.#remember(memories.failed(this.memory, transport, { reason, after_ms: Math.round(age_ms), at_ms }))
    }
  }

  /** Recover after the active attempt has ended. @param {Attempt} attempt @param {AttemptEnd} end */
  #lost(attempt, end) {
    clearTimeout(this.#timers.climb)
    clearTimeout(this.#timers.renewal)
    const { detail, goodbye } = end
    if (this.#isSentAway(end)) return
    if (attempt.lived_ms >= STABLE_MS) this.#failedRounds = 0
    const [next] = byMerit([...this.#attempts].filter((other) => other.isProven))
    if (next) return this.#promote(next)
    const wait_ms = moved_ms(goodbye)
    if (wait_ms !== null) return this.#wait(wait_ms, detail)
    // The network ends a transport that dies young. Other clients are not affected, so reconnecting at
    // once overloads nobody, and other transports may work. After each has been tried, wait.
    const isYoung = end.kind === "died" && attempt.lived_ms < STABLE_MS
    if (!isYoung || ++this.#failedRounds >= this.#offers.all.length) return this.#retry(detail, goodbye)
    this.#enter({ state: "connecting", reason: detail })
    this.#begin(this.#offers.byFailures(this.memory))
  }

  /** Return whether the server said not to reconnect, and close if so. @param {AttemptEnd} end */
  #isSentAway({ detail, goodbye }) {
    if (isComeBack(goodbye?.code)) return false
    if (goodbye?.code === REPLACED) {
      this.#session = null // by another client: our own newer attach would have closed this one first
      return false
    }
    this.#beSentAway(detail, goodbye?.code)
    return true
  }

  /** Close until a person asks to reconnect. @param {string} reason @param {number} [code] */
  #beSentAway(reason, code) {
    this.#letGo()
    this.#enter({ state: "closed", reason, code })
  }

  /** Retry later: the server itself said goodbye, and would do so on every transport. @param {AttemptEnd} end */
  #comeBack({ detail, goodbye }) {
    if (!this.#active) this.#letGo()
    this.#retry(detail, goodbye)
  }

  /** Reconnect after a backoff. @param {string} reason @param {{ retry_ms?: number }} [goodbye] */
  #retry(reason, goodbye) {
    const jitter_ms = this.#isOffline ? OFFLINE_RETRY_MS : backoff_ms(this.#failedRounds++, Math.random())
    this.#wait((goodbye?.retry_ms ?? 0) + jitter_ms, reason)
  }

  /** @param {number} wait_ms @param {string} reason */
  #wait(wait_ms, reason) {
    clearTimeout(this.#timers.retry)
    const isOffline = this.#isOffline
    if (!this.#active) this.#enter({ state: "waiting", wait_ms, retryAt_ms: Date.now() + wait_ms, reason, isOffline })
    this.#timers.retry = setTimeout(() => void this.#round(reason), wait_ms)
  }

  /** Attach again at the cursor after a gap: the log has what is missing. @param {Attempt} attempt */
  #resume(attempt) {
    this.#letGo()
    // Repeated gaps mean that something is wrong, so each retry waits longer.
    if (attempt.lived_ms >= STABLE_MS) this.#failedRounds = 0
    if (this.#failedRounds++ === 0) void this.#round("a hole was seen")
    else this.#retry("a hole was seen")
  }

  /** Cancel all attempts, timers and negotiation. */
  #letGo() {
    this.#negotiating.abort()
    this.#queue = []
    for (const timer of Object.values(this.#timers)) clearTimeout(timer)
    for (const attempt of [...this.#attempts]) attempt.close()
  }

  // While it is connected

  /** Schedule attempts with better transports. @param {number} [wait_ms] */
  #planClimb(wait_ms = climb_ms(this.#climbs, Math.random())) {
    clearTimeout(this.#timers.climb)
    // There is no upgrade from low power: when it ends, a new race starts.
    if (!this.#active || isRare(this.#active) || this.#isLowPower || this.#better().length === 0) return
    this.#timers.climb = setTimeout(() => {
      for (const offer of this.#better()) {
        if (![...this.#attempts].some((other) => other.transport === offer.transport)) {
          this.#launch(offer, "climb", { why: "it would be better" })
        }
      }
    }, wait_ms)
  }

  /** Return the offers that are better than the active transport. */
  #better() {
    return this.#active ? this.#offers.betterThan(this.#active.transport) : []
  }

  /** Schedule a renewal, so that the next connection is ready before the network cuts this one. */
  #planRenewal() {
    clearTimeout(this.#timers.renewal)
    const { life_ms } = this.memory
    if (life_ms === null || this.#active?.transport === "longpoll") return
    this.#timers.renewal = setTimeout(() => this.#renew("it would be cut soon"), life_ms * memories.RENEW_AT)
  }

  /** Attach the same transport again beside the active one. @param {string} why */
  #renew(why) {
    const active = this.#active
    const offer = this.#offers.of(active?.transport)
    if (!active || !offer || this.#renewals.length > 0) return
    this.#launch(offer, "renewal", { why, rest_s: active.rest_s })
  }

  /** The running renewals; the active attempt may have been a renewal, but is not included. */
  get #renewals() {
    return [...this.#attempts].filter((attempt) => attempt !== this.#active && attempt.role === "renewal")
  }

  /** Close the renewals after the active attempt has brought a push: it is alive. */
  #endSuspicion() {
    const active = this.#active
    if (!active || this.memory.life_ms !== null) return
    for (const attempt of this.#renewals) attempt.close()
  }

  #beginLowPower() {
    const offer = this.#offers.of("longpoll")
    if (!offer || !this.#active || isRare(this.#active)) return
    clearTimeout(this.#timers.climb)
    this.#launch(offer, "low power", { why: "nobody looks", rest_s: REST_S })
  }

  /**
   * Check the active attempt, once a second. After a computer has slept, timers are late, so silence is
   * only a suspicion, which a renewal tests.
   */
  #look() {
    const active = this.#active
    if (!active) return
    if (this.#isSilent(active)) this.#renew("it is silent")
    if (active.lived_ms < STABLE_MS) return
    this.#failedRounds = 0
    if (active.lived_ms < SETTLED_MS || this.#better().length > 0) return
    this.#climbs = 0
    this.#remember(memories.settled(this.memory, active.transport))
  }

  /** Return whether it has been silent longer than `share` of the limit. @param {Attempt} attempt @param {number} [share] */
  #isSilent({ transport, heartbeat_s, hold_s, rest_s, idle_ms }, share = 1) {
    return idle_ms > share * silence_ms(transport, { heartbeat_s, hold_s, rest_s })
  }

  // Events

  /** @param {Status} status */
  #enter(status) {
    this.status = status
    this.dispatchEvent(new Event("statechange"))
  }

  /** @param {HistoryEntry["transport"]} transport @param {Role} role @param {string} why */
  #tell(transport, role, why) {
    const id = ++this.#lastId
    this.history = begin(this.history, { id, transport, role, why, startedAt_ms: Date.now() })
    this.dispatchEvent(new Event("historychange"))
    return id
  }

  /** @param {number} id @param {Partial<HistoryEntry>} news */
  #goOn(id, news) {
    this.history = goOn(this.history, id, news)
    this.dispatchEvent(new Event("historychange"))
  }

  /** @param {Memory} memory */
  #remember(memory) {
    if (memory === this.memory) return
    this.memory = memory
    this.dispatchEvent(new Event("memorychange"))
  }
}

/** Return whether it rests between polls, to save power. @param {Attempt} attempt */
function isRare({ rest_s }) {
  return rest_s > 0
}
