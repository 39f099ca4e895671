// @ts-check
// Parley's client for any page: docs/embedding.md. Our own page uses it just so.
//
//   import { connect } from "/static/js/parley.js"
//   const parley = connect()
//   parley.on("message", ({ name, text }) => console.log(`${name}: ${text}`))
//   await parley.send({ type: "send", room: "general", text: "Hello" })

import { BASE } from "./engine/base.js"
import { NoAnswer, Refusal } from "./engine/http.js"
import { backoff_ms, TRANSPORTS } from "./engine/policy.js"
import { Positions } from "./engine/positions.js"
import { sleep } from "./engine/sleep.js"
import { loadMemory, saveMemory } from "./storage.js"
import { openLink, sharingOf } from "./tabs/connect.js"
import { poll } from "./transports/longpoll.js"

/** @import { Command, Reply, Terms } from "./engine/http.js" */
/** @import { Status } from "./engine/engine.js" */
/** @import { TransportName } from "./engine/policy.js" */
/** @import { HistoryEntry } from "./engine/history.js" */
/** @import { Mood } from "./tabs/host.js" */
/** @import { Link, Sharing } from "./tabs/connect.js" */
/** @import { Push } from "./transports/transport.js" */

/**
 * @typedef {object} Options
 * @property {string} [cursor] where to go on; none: from now
 * @property {string} [user] who one is here: hang up, with code SOMEBODY_ELSE, when that changes
 * @property {TransportName[]} [transports] those that may be used; none: all
 * @property {string | null} [tabs] how to share one connection with other tabs: `worker`, `leader`
 *   or `own`; none: the best that the browser has
 * @property {Terms} [terms] what /negotiate would answer, from whoever rendered the page just now
 * @property {boolean} [isHeld] keep what comes until release()
 */
/** @typedef {(detail: any, extra?: any) => void} Hear */

export { NoAnswer, Refusal }

/** A status' code where it was this page that hung up; others are goodbyes of the server's. */
export const SOMEBODY_ELSE = 4900
export const NO_COOKIES = 4901

const ANSWER_TIMEOUT_MS = 15_000 // above what the engine and its POSTs take themselves
const MODULES_RETRY_MS = 2000
const WORKER_TIMEOUT_MS = 2000 // one that has not said a word by then does not work here

/** @param {Options} [options] */
export function connect(options) {
  return new Parley(options)
}

export class Parley {
  /** @type {Status} */
  status = { state: "idle" }
  /** @type {HistoryEntry[]} every attempt, the newest last: see docs/embedding.md */
  attempts = []
  #positions
  #transports
  #memory = loadMemory()
  /** @type {Sharing} */
  #sharing
  /** @type {Map<string, Set<Hear>>} */
  #listeners = new Map()
  /** @type {Link | null} */
  #link = null
  /** @type {Map<number, PromiseWithResolvers<Reply>>} */
  #pending = new Map()
  #lastId = 0
  #closing = new AbortController()
  #terms
  #user
  #hasReattached = false
  #isKeptOut = false // whoever was told not to come back does not by the Back button either
  /** @type {[Push, boolean][] | null} what came while nobody was ready for it */
  #held
  #brokenWorkers = 0
  #isCatchingUp = false
  #isBehind = false
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #silence

  /** @param {Options} [options] */
  constructor({ cursor = "", user = "", transports = TRANSPORTS, tabs = null, terms, isHeld = false } = {}) {
    this.#positions = new Positions(cursor)
    this.#user = user
    this.#transports = transports
    this.#sharing = sharingOf(tabs)
    this.#terms = terms
    this.#held = isHeld ? [] : null
    queueMicrotask(() => this.#open()) // listeners are put on first
    this.#watchSurroundings()
  }

  /** "idle", "connecting", "connected", "waiting" (see status) or "closed". */
  get state() {
    return this.status.state
  }

  /** What carries, or is being tried. */
  get transport() {
    return this.status.transport ?? null
  }

  /** Where this page stands: what `cursor` of a later connect() continues from. */
  get cursor() {
    return this.#positions.cursor
  }

  /**
   * Hear pushes of a type, each once and those of a room in order; or "push" for all of them;
   * "status" and "attempts" for how one is connected. Returns what ends it.
   * @param {string} type @param {Hear} hear
   */
  on(type, hear) {
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners.add(hear))
    return () => void listeners.delete(hear)
  }

  /**
   * Send a command and return the server's `ok`. A `send` is tried until there is an answer: it
   * has a key, so that it is stored once however often it is sent.
   * @param {Command} command
   * @param {{ signal?: AbortSignal, isTriedOnce?: boolean }} [options] isTriedOnce: who calls has a
   *   queue of its own, and tries again itself
   * @returns {Promise<Reply>}
   * @throws {Refusal | NoAnswer} NoAnswer: it may or may not have been carried out
   */
  async send(command, { signal, isTriedOnce = command.type !== "send" } = {}) {
    const whole = command.type === "send" ? { key: newKey(), ...command } : command
    for (let failures = 0; ; failures++) {
      try {
        return await this.#ask(whole)
      } catch (error) {
        const isOver = this.#closing.signal.aborted || signal?.aborted
        if (!(error instanceof NoAnswer) || isTriedOnce || isOver) throw error
      }
      await this.#untilWorthIt(backoff_ms(failures, Math.random()), signal)
      if (signal?.aborted || this.#closing.signal.aborted) throw new NoAnswer("given up")
    }
  }

  /** Hand on what was held, and from now on what comes. */
  release() {
    const held = this.#held ?? []
    this.#held = null
    for (const [push, isCaller] of held) this.#hand(push, isCaller)
    this.#emit("status", this.status)
  }

  /** Hang up. It can't be used again. */
  close() {
    this.leave()
  }

  /** Hang up, and say why. @param {number} [code] @param {string} [reason] */
  leave(code, reason) {
    this.#closing.abort()
    this.#shut({ state: "closed", code, reason })
  }

  /** Have all tabs that share this connection hang up. @param {number} code a goodbye's @param {string} reason */
  hangUp(code, reason) {
    this.#link?.send({ please: "hangUp", code, reason })
  }

  /** Don't wait any longer for what may work by now. */
  tryNow() {
    this.#link?.send({ please: "tryNow" })
  }

  /** Begin anew as who one is now, after POST /login. @param {string} reason */
  reattach(reason) {
    this.#link?.send({ please: "reattach", reason })
  }

  // The engine, here or elsewhere

  #open() {
    if (this.#link || this.#closing.signal.aborted) return
    const entry = () => ({
      can: this.#transports, cursor: this.cursor, memory: this.#memory, mood: mood(), terms: this.#terms,
      rtt_ms: roundTrip_ms(),
    }) // prettier-ignore
    this.#link = openLink(this.#sharing, entry, (message) => this.#take(message))
    if (this.#sharing === "worker") this.#silence = setTimeout(() => this.#take({ broken: true }), WORKER_TIMEOUT_MS)
  }

  /** @param {Status} [status] */
  #shut(status = { state: "closed" }) {
    clearTimeout(this.#silence)
    this.#link?.close()
    this.#link = null
    this.#rejectAll("the page let go")
    this.#become(status)
  }

  /** @param {any} message of the host, or of what leads to it */
  #take(message) {
    if (message.broken) return void this.#doWithoutWorker()
    if (!this.#link) return
    clearTimeout(this.#silence)
    if (message.lost) this.#rejectAll("the tab that was connected has been closed")
    if (message.memory) saveMemory((this.#memory = message.memory))
    if (message.cursor !== undefined) this.#enter(message)
    if (message.push?.type === "hello" && this.#isSomebodyElse(message.push)) return
    if (message.push) this.#push(message.push, message.isCaller)
    if (message.history) this.#emit("attempts", (this.attempts = message.history))
    if (message.status) this.#become(message.status)
    const pending = this.#pending.get(message.id)
    if (message.reply) pending?.resolve(message.reply)
    if (message.noAnswer !== undefined) pending?.reject(new NoAnswer(message.noAnswer))
  }

  /**
   * A worker that does not answer has just ended, and the next will do; or else none runs here.
   * Where it was this tab's modules that could not be loaded, they are asked for again, in time.
   */
  async #doWithoutWorker() {
    this.#link?.close()
    this.#link = null
    this.#rejectAll("no worker runs here")
    if (this.#sharing !== "worker") await sleep(MODULES_RETRY_MS, this.#closing.signal)
    if (this.#brokenWorkers++ > 0) this.#sharing = "own"
    this.#open()
  }

  /** @param {{ cursor: string, user: string, status: Status }} host where the engine stands that we join */
  #enter({ cursor, user, status }) {
    if (user && this.#user && user !== this.#user) {
      // It attached with another cookie than this page came with. One of the two is old; a hello
      // says which, and ends the pages that were the other's.
      if (status.state === "connected" && !this.#hasReattached) this.reattach("the cookie is another")
      this.#hasReattached = true
    } else if (user) this.#positions.user = user
    if (this.cursor === "") this.#positions = Object.assign(new Positions(cursor), { user })
    else if (this.#positions.isBehind(cursor)) void this.#catchUp()
  }

  /**
   * Hang up where the server knows us as somebody else than this page shows: what is written here
   * would be said by them.
   * @param {Push} hello
   */
  #isSomebodyElse({ user, name }) {
    if (!this.#user || user === this.#user) return false
    this.leave(SOMEBODY_ELSE, name)
    return true
  }

  /** @param {Push} push @param {boolean} [isCaller] this tab is to show a notification */
  #push(push, isCaller = true) {
    const verdict = this.#positions.take(push)
    if (verdict === "gap") return void this.#catchUp()
    if (verdict === "duplicate") return
    if (this.#held) this.#held.push([push, isCaller])
    else this.#hand(push, isCaller)
  }

  /** @param {Push} push @param {boolean} isCaller */
  #hand(push, isCaller) {
    this.#emit(push.type, push, { isCaller })
    this.#emit("push", push, { isCaller })
  }

  /** The engine was further on than this tab: read what is between, by a way that needs none. */
  async #catchUp() {
    this.#isBehind = true
    if (this.#isCatchingUp) return
    this.#isCatchingUp = true
    const { signal } = this.#closing
    for (let failures = 0; this.#isBehind && !signal.aborted && this.state !== "closed"; ) {
      this.#isBehind = false
      const before = this.cursor
      try {
        const { data } = await poll({ url: `${BASE}/poll`, session: null, cursor: () => this.cursor }, { hello: 1, hold_s: 0 }, signal)
        failures = 0
        for (const push of data ?? []) this.#push(push, false)
      } catch (error) {
        if (!(error instanceof NoAnswer || error instanceof Refusal)) throw error
        await sleep(backoff_ms(failures++, Math.random()), signal)
        this.#isBehind = true
      }
      if (this.cursor !== before) this.#isBehind = true // a long way is gone in several steps
    }
    this.#isCatchingUp = false
  }

  /** @param {Command} command @returns {Promise<Reply>} */
  async #ask(command) {
    if (!this.#link) throw new NoAnswer("not connected")
    const id = ++this.#lastId
    /** @type {PromiseWithResolvers<Reply>} */
    const answer = Promise.withResolvers()
    this.#pending.set(id, answer)
    this.#link.send({ command, id })
    const timer = setTimeout(() => answer.reject(new NoAnswer(`no answer in ${ANSWER_TIMEOUT_MS} ms`)), ANSWER_TIMEOUT_MS)
    try {
      const reply = await answer.promise
      if (reply.type === "error") throw new Refusal(reply)
      const { room, epoch, offset = 0 } = reply
      if (command.type === "join" && room && epoch) this.#positions.enter(room, { epoch, offset })
      if (command.type === "leave" && command.room) this.#positions.leave(command.room)
      return reply
    } finally {
      clearTimeout(timer)
      this.#pending.delete(id)
    }
  }

  /** @param {string} reason */
  #rejectAll(reason) {
    for (const answer of this.#pending.values()) answer.reject(new NoAnswer(reason))
  }

  /** Return after `wait_ms`, or as soon as there is a connection again. @param {number} wait_ms @param {AbortSignal} [signal] */
  async #untilWorthIt(wait_ms, signal) {
    const done = new AbortController()
    const end = () => done.abort()
    const off = this.state === "connected" ? () => {} : this.on("status", () => this.state === "connected" && end())
    signal?.addEventListener("abort", end)
    await sleep(wait_ms, done.signal)
    off()
    signal?.removeEventListener("abort", end)
  }

  // What the browser knows

  #watchSurroundings() {
    const { signal } = this.#closing
    const please = (/** @type {string} */ wish) => this.#link?.send({ please: wish })
    addEventListener("offline", () => please("goOffline"), { signal })
    addEventListener("online", () => please("networkChanged"), { signal })
    document.addEventListener("visibilitychange", () => this.#link?.send({ mood: mood() }), { signal })
    // A page that is kept for the Back button must not keep the connection.
    addEventListener("pagehide", () => this.#shut(), { signal })
    addEventListener("pageshow", (event) => {
      const { persisted } = /** @type {PageTransitionEvent} */ (event)
      if (persisted && !this.#isKeptOut) this.#open()
    }, { signal }) // prettier-ignore
    const network = /** @type {any} */ (navigator).connection
    let type = network?.type
    network?.addEventListener("change", () => {
      if (network.type !== type) please("networkChanged")
      type = network.type
    }, { signal }) // prettier-ignore
  }

  // Telling

  /** @param {Status} status */
  #become(status) {
    if (status.state !== "closed" || status.code !== undefined) this.#isKeptOut = status.state === "closed"
    this.status = status
    this.#emit("status", status)
  }

  /** @param {string} type @param {any} detail @param {any} [extra] */
  #emit(type, detail, extra) {
    for (const hear of this.#listeners.get(type) ?? []) hear(detail, extra)
  }
}

/** @returns {Mood} */
function mood() {
  const { userAgentData, connection } = /** @type {any} */ (navigator)
  const isPhone = userAgentData?.mobile ?? matchMedia("(pointer: coarse) and (hover: none)").matches
  return { isHidden: document.hidden, isFrugal: isPhone || connection?.saveData === true }
}

/**
 * Return how long the quickest of the page's own requests took to be answered; 0 where nobody
 * knows. The first is late by a connection that had to be opened, others by having waited.
 */
function roundTrip_ms() {
  const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  const timings = /** @type {PerformanceResourceTiming[]} */ (entries)
  const asked = timings.filter(({ requestStart, transferSize }) => requestStart > 0 && transferSize > 0)
  return asked.length > 0 ? Math.min(...asked.map(({ requestStart, responseStart }) => responseStart - requestStart)) : 0
}

/** Return a key that no two messages share. randomUUID is not there over plain HTTP. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")
}
