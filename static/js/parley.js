// @ts-check
// Parley's client for any page: docs/embedding.md. The chat page uses it in the same way.
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
 * @property {string} [cursor] where to continue; none: from now
 * @property {string} [user] the id of this page's user: disconnect, with code SOMEBODY_ELSE, if it changes
 * @property {TransportName[]} [transports] those that may be used; none: all
 * @property {string | null} [tabs] how to share one connection with other tabs: `worker`, `leader`
 *   or `own`; none: the best that the browser has
 * @property {Terms} [terms] the answer that /negotiate would give, from the server that rendered the page
 * @property {boolean} [isHeld] hold pushes until release()
 */
/** @typedef {(detail: any, extra?: any) => void} Hear */

export { NoAnswer, Refusal }

/** Codes of a status when this page itself disconnected; other codes are the server's goodbyes. */
export const SOMEBODY_ELSE = 4900
export const NO_COOKIES = 4901

const ANSWER_TIMEOUT_MS = 15_000 // longer than the timeouts of the engine and its POSTs
const MODULES_RETRY_MS = 2000
const WORKER_TIMEOUT_MS = 2000 // a worker that has sent nothing by then does not work here

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
  #isKeptOut = false // told not to reconnect: the Back button does not reconnect either
  /** @type {[Push, boolean][] | null} the pushes held until release() */
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
    queueMicrotask(() => this.#open()) // the caller adds its listeners first
    this.#watchSurroundings()
  }

  /** "idle", "connecting", "connected", "waiting" (see status) or "closed". */
  get state() {
    return this.status.state
  }

  /** The transport that is active or being tried. */
  get transport() {
    return this.status.transport ?? null
  }

  /** The cursor of this page, with which a later connect() can continue. */
  get cursor() {
    return this.#positions.cursor
  }

  /**
   * Listen to pushes of a type, each once and those of a room in order; "push" means all of them.
   * "status" and "attempts" tell the state of the connection. Return a function that removes the
   * listener.
   * @param {string} type @param {Hear} hear
   */
  on(type, hear) {
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners.add(hear))
    return () => void listeners.delete(hear)
  }

  /**
   * Send a command and return the server's `ok`. A `send` is retried until there is an answer: its
   * key ensures that it is stored once, however often it is sent.
   * @param {Command} command
   * @param {{ signal?: AbortSignal, isTriedOnce?: boolean }} [options] isTriedOnce: the caller has
   *   its own queue and retries itself
   * @returns {Promise<Reply>}
   * @throws {Refusal | NoAnswer} NoAnswer: the command may or may not have been executed
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

  /** Deliver the held pushes, and from now on deliver pushes as they arrive. */
  release() {
    const held = this.#held ?? []
    this.#held = null
    for (const [push, isCaller] of held) this.#hand(push, isCaller)
    this.#emit("status", this.status)
  }

  /** Disconnect for good. This object cannot be used again. */
  close() {
    this.leave()
  }

  /** Disconnect for good, with a code and reason for the status. @param {number} [code] @param {string} [reason] */
  leave(code, reason) {
    this.#closing.abort()
    this.#shut({ state: "closed", code, reason })
  }

  /** Disconnect all tabs that share this connection. @param {number} code a goodbye's @param {string} reason */
  hangUp(code, reason) {
    this.#link?.send({ please: "hangUp", code, reason })
  }

  /** Stop waiting and try to connect now. */
  tryNow() {
    this.#link?.send({ please: "tryNow" })
  }

  /** Attach again under the current identity, after POST /login. @param {string} reason */
  reattach(reason) {
    this.#link?.send({ please: "reattach", reason })
  }

  // The engine, in this tab or elsewhere

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

  /** @param {any} message from the host, or from the link to it */
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
   * Open another link after one has failed. A worker that does not answer may just have ended, so a
   * second one is tried before the page runs its own engine. If this tab's modules could not be
   * loaded, they are requested again after MODULES_RETRY_MS.
   */
  async #doWithoutWorker() {
    this.#link?.close()
    this.#link = null
    this.#rejectAll("no worker runs here")
    if (this.#sharing !== "worker") await sleep(MODULES_RETRY_MS, this.#closing.signal)
    if (this.#brokenWorkers++ > 0) this.#sharing = "own"
    this.#open()
  }

  /** @param {{ cursor: string, user: string, status: Status }} host the state of the engine that this tab joins */
  #enter({ cursor, user, status }) {
    if (user && this.#user && user !== this.#user) {
      // The engine attached with another cookie than this page was loaded with. One of the two is old;
      // a new hello shows which, and the pages of the other user disconnect.
      if (status.state === "connected" && !this.#hasReattached) this.reattach("the cookie is another")
      this.#hasReattached = true
    } else if (user) this.#positions.user = user
    if (this.cursor === "") this.#positions = Object.assign(new Positions(cursor), { user })
    else if (this.#positions.isBehind(cursor)) void this.#catchUp()
  }

  /**
   * Disconnect if the server knows this browser as another user than the page shows: otherwise, what is
   * written here would be sent in that user's name. Return whether that is so.
   * @param {Push} hello
   */
  #isSomebodyElse({ user, name }) {
    if (!this.#user || user === this.#user) return false
    this.leave(SOMEBODY_ELSE, name)
    return true
  }

  /** @param {Push} push @param {boolean} [isCaller] this tab should show a notification */
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

  /** Read by polling what the engine has already seen and this tab has not. */
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
      if (this.cursor !== before) this.#isBehind = true // a large gap takes several polls
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

  // Events of the browser

  #watchSurroundings() {
    const { signal } = this.#closing
    const please = (/** @type {string} */ wish) => this.#link?.send({ please: wish })
    addEventListener("offline", () => please("goOffline"), { signal })
    addEventListener("online", () => please("networkChanged"), { signal })
    document.addEventListener("visibilitychange", () => this.#link?.send({ mood: mood() }), { signal })
    // A page that the browser keeps for the Back button must not keep the connection.
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

  // Events

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
 * Return the shortest time in which one of the page's own requests was answered; 0 if unknown. The
 * first request also waits for a connection to open, and others may have been queued.
 */
function roundTrip_ms() {
  const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  const timings = /** @type {PerformanceResourceTiming[]} */ (entries)
  const asked = timings.filter(({ requestStart, transferSize }) => requestStart > 0 && transferSize > 0)
  return asked.length > 0 ? Math.min(...asked.map(({ requestStart, responseStart }) => responseStart - requestStart)) : 0
}

/** Return a key that no two messages share. Over plain HTTP, browsers have no randomUUID. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")
}
