// @ts-check
// The attempts that run in parallel, of which the best proven one is active. Each has its own session,
// and all read after the same cursor: a logged push is taken from the attempt that delivers it first.
// So taking over means only closing the other.

import { Attempt } from "./attempt.js"
import { hasSameRooms } from "./cursor.js"
import { KeepAlive } from "./keep_alive.js"
import { byMerit } from "./negotiator.js"
import { deadline_ms, isBetter } from "./policy.js"
import { isLogged } from "./positions.js"
import { SOON_MS } from "./quarantine.js"
import { Race } from "./race.js"
import { Upgrade } from "./upgrade.js"

/** @import { AttemptEnd } from "./attempt.js" */
/** @import { History, Role } from "./history.js" */
/** @import { Offer } from "./http.js" */
/** @import { Memory } from "./memory.js" */
/** @import { Negotiator } from "./negotiator.js" */
/** @import { TransportName } from "./policy.js" */
/** @import { Positions } from "./positions.js" */
/** @import { Push } from "../transports/transport.js" */

/** @typedef {{ history: History, memory: Memory, negotiator: Negotiator, positions: Positions }} Parts of the engine */
/**
 * @typedef {object} Listener
 * @property {(transport: TransportName) => void} onStart the race has started an attempt; none is active
 * @property {(push: Push) => void} onPush each push once, and those of a log in order
 * @property {(attempt: Attempt) => void} onGap a logged push is missing
 * @property {(attempt: Attempt) => void} onActive
 * @property {(attempt: Attempt, end: AttemptEnd) => void} onLost the active attempt has ended by itself
 * @property {(end: AttemptEnd) => void} onFailed the last attempt has failed, or the server said goodbye to one
 */

const LOW_POWER_PAUSE_S = 60 // browsers run the timers of hidden tabs only once a minute anyway

export class Attempts {
  /** @type {Attempt | null} */ active = null // the proven one, which carries the conversation
  /** @type {Attempt | null} */ #primary = null // its unlogged pushes count: the active one, or the first to receive a hello
  /** @type {Set<Attempt>} */ #running = new Set() // including the active one
  /** @type {Race | null} */ #race = null
  #keepAlive = new KeepAlive((active, why) => this.#attachAgain(active, why))
  #upgrade = new Upgrade(() => this.#tryBetter())
  #isLowPower = false
  #engine
  #listener

  /** @param {Parts} engine @param {Listener} listener */
  constructor(engine, listener) {
    this.#engine = engine
    this.#listener = listener
  }

  /** Whether an attempt other than the active one is running, or waits for its turn. */
  get isRacing() {
    return !(this.#race?.isOver ?? true) || [...this.#running].some((attempt) => attempt !== this.active)
  }

  /** Try the offers in their order; those in quarantine only when all others have failed. @param {string | null} session for the first */
  race(session) {
    const { offers, rtt_ms } = this.#engine.negotiator
    const isTrusted = (/** @type {Offer} */ { transport }) => !this.#engine.memory.quarantine.isQuarantined(transport)
    if (this.active) session = null
    this.#race?.stop()
    this.#race = new Race(offers.filter(isTrusted), {
      lastResorts: offers.filter((offer) => !isTrusted(offer)),
      rtt_ms,
      start: (offer) => {
        const attempt = this.#launch(offer, "race", { why: offer.why, session })
        session = null
        if (!this.active) this.#listener.onStart(offer.transport)
        return attempt
      },
    })
    this.#race.next()
  }

  /** Make the best proven attempt the active one; return whether there is any. */
  promoteBest() {
    const [best] = byMerit([...this.#running].filter(({ isProven }) => isProven))
    if (best) this.#promote(best)
    return best !== undefined
  }

  /** Attach again beside the active attempt, which may be dead. @param {string} why */
  suspect(why) {
    this.#keepAlive.suspect(why)
  }

  /** Test the active attempt if it has been silent for long, and try better transports now. */
  tryNow() {
    this.#keepAlive.check(0.5)
    this.#planUpgrade(0)
  }

  /** Try better transports now, and soon again, as on a network where none of them has failed. */
  networkChanged() {
    this.#upgrade.tries = 0
    this.suspect("the network changed")
    this.#planUpgrade(0)
  }

  /** Enter or leave low power; return whether a race is needed to leave it. @param {boolean} isLowPower */
  setLowPower(isLowPower) {
    this.#isLowPower = isLowPower
    if (isLowPower) this.#beginLowPower()
    else {
      for (const attempt of [...this.#running]) {
        if (attempt !== this.active && isSavingPower(attempt)) attempt.close() // it would be too slow
      }
    }
    return !isLowPower && this.active !== null && isSavingPower(this.active)
  }

  close() {
    this.#race?.stop()
    for (const attempt of [...this.#running]) attempt.close()
  }

  /** @param {Offer} offer @param {Role} role @param {{ why: string, session?: string | null, pause_s?: number }} how */
  #launch(offer, role, { why, session = null, pause_s = 0 }) {
    const { rtt_ms, heartbeat_s, hold_s } = this.#engine.negotiator
    const { limits } = this.#engine.memory
    const plan = { id: this.#engine.history.begin(offer.transport, role, why), role, limit_ms: deadline_ms(rtt_ms) }
    const attach = {
      session,
      cursor: () => this.#engine.positions.cursor,
      heartbeat_s: Math.min(heartbeat_s, limits.heartbeat_s ?? Infinity),
      hold_s: pause_s > 0 ? 0 : hold_s,
      pause_s,
      limits,
    }
    const attempt = new Attempt(offer, plan, attach, { onPush: this.#onPush, onProven: this.#onProven, onEnd: this.#onEnd })
    this.#running.add(attempt)
    return attempt
  }

  /** @param {Attempt} attempt @param {Push} push */
  #onPush = (attempt, push) => {
    if (attempt === this.active) this.#keepAlive.heard()
    if (!this.#primary && push.type === "hello") this.#primary = attempt
    const isPrimary = attempt === this.#primary
    if (!isPrimary && !isLogged(push) && push.type !== "notification") return
    const { positions } = this.#engine
    // Its rooms are those of the moment when it was sent: it would undo what has been entered or left since.
    const isOutdated = push.type === "hello" && !hasSameRooms(attempt.asked, positions.cursor)
    const verdict = isOutdated ? "gap" : positions.judge(push)
    if (verdict === "apply") this.#listener.onPush(push)
    else if (verdict === "gap" && isPrimary) this.#listener.onGap(attempt)
    else if (verdict === "gap") {
      attempt.close() // the primary was told to resync: this one does not match the cursor
      this.#planUpgrade()
    }
  }

  /** @param {Attempt} attempt */
  #onProven = (attempt) => {
    const { id, role, transport } = attempt
    const { quarantine } = this.#engine.memory
    this.#engine.memory.proven(transport)
    this.#engine.history.update(id, { proven_ms: attempt.age_ms })
    // A renewal repeats a transport that works, and low power is not on trial either.
    const isTested = this.active !== null && (role === "race" || role === "upgrade")
    const trial_ms = isTested ? quarantine.trial_ms(transport) : 0
    if (trial_ms === 0) return this.#promote(attempt)
    setTimeout(() => {
      if (attempt.hasEnded || attempt === this.active) return
      quarantine.passed(transport)
      this.#promote(attempt)
    }, trial_ms)
  }

  /** Make a proven attempt the active one, unless a better one is active. @param {Attempt} attempt */
  #promote(attempt) {
    const old = this.active
    const isAsked = attempt.role === "renewal" || attempt.role === "low power"
    if (old && !isAsked && !isSavingPower(old) && !isBetter(attempt.transport, old.transport)) return attempt.close()
    this.active = this.#primary = attempt
    this.#race?.drop(attempt)
    this.#race?.stop() // better transports are tried later, by an upgrade
    for (const other of [...this.#running]) {
      if (other === attempt) continue
      if (other === old || isSavingPower(attempt) || !isBetter(other.transport, attempt.transport)) other.close()
    }
    this.#listener.onActive(attempt)
    this.#keepAlive.watch(attempt, this.#engine.memory.renewal_ms)
    this.#planUpgrade()
    if (this.#isLowPower && !isSavingPower(attempt)) this.#beginLowPower()
  }

  /** @param {Attempt} attempt @param {AttemptEnd} end */
  #onEnd = (attempt, end) => {
    const { active } = this
    const hasFailed = end.kind !== "closed"
    if (hasFailed) this.#engine.memory.ended(attempt, end, Date.now())
    this.#engine.history.update(attempt.id, { ended_ms: attempt.age_ms, outcome: end.kind, detail: end.detail })
    this.#running.delete(attempt)
    const wasRacing = this.#race?.drop(attempt)
    if (attempt === this.#primary) this.#primary = null
    if (attempt === active) {
      this.active = null
      this.#keepAlive.stop()
      this.#upgrade.stop()
      if (attempt.lived_ms >= SOON_MS && this.#betterThan(attempt).length === 0) this.#upgrade.tries = 0
      if (hasFailed) this.#listener.onLost(attempt, end)
    } else if (!hasFailed) return
    else if (!active || isSavingPower(active)) {
      if (wasRacing && !end.goodbye) this.#race?.next()
      if (end.goodbye || !this.isRacing) this.#listener.onFailed(end)
    } else if (attempt.role === "renewal") this.#keepAlive.renewalFailed()
    else if (!this.#betterThan(active).some(({ transport }) => this.#isTrying(transport))) {
      this.#upgrade.tries++
      this.#planUpgrade()
    }
  }

  /** Schedule attempts with better transports. @param {number} [wait_ms] */
  #planUpgrade(wait_ms) {
    this.#upgrade.stop()
    const { active } = this
    // There is no upgrade from low power: when it ends, a new race starts.
    if (active && !isSavingPower(active) && !this.#isLowPower && this.#betterThan(active).length > 0) this.#upgrade.plan(wait_ms)
  }

  #tryBetter() {
    if (!this.active) return
    for (const offer of this.#betterThan(this.active)) {
      if (!this.#isTrying(offer.transport)) this.#launch(offer, "upgrade", { why: "it would be better" })
    }
  }

  /** @param {Attempt} attempt */
  #betterThan({ transport }) {
    return this.#engine.negotiator.offers.filter((offer) => isBetter(offer.transport, transport))
  }

  /** @param {TransportName} transport */
  #isTrying(transport) {
    return [...this.#running].some((attempt) => attempt.transport === transport)
  }

  /** Attach the same transport again beside the active one. @param {Attempt} active @param {string} why */
  #attachAgain({ transport, pause_s }, why) {
    const offer = this.#engine.negotiator.of(transport)
    return offer ? this.#launch(offer, "renewal", { why, pause_s }) : null
  }

  #beginLowPower() {
    const offer = this.#engine.negotiator.of("longpoll")
    if (!offer || !this.active || isSavingPower(this.active)) return
    this.#upgrade.stop()
    this.#launch(offer, "low power", { why: "nobody looks", pause_s: LOW_POWER_PAUSE_S })
  }
}

/** Return whether it pauses between polls. @param {Attempt} attempt */
function isSavingPower({ pause_s }) {
  return pause_s > 0
}
