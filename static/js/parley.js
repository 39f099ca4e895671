// @ts-check
// Parley's client for any page: docs/embedding.md. The chat page uses it in the same way.

import { catchUpOf } from "./catch_up.js"
import { NO_COOKIES, SOMEBODY_ELSE } from "./codes.js"
import { NoAnswer, Refusal } from "./engine/http.js"
import { backoff_ms, TRANSPORTS } from "./engine/policy.js"
import { PendingReplies } from "./engine/pending_replies.js"
import { ENTERING, Positions } from "./engine/positions.js"
import { sleep } from "./engine/sleep.js"
import { requestAs } from "./engine/user.js"
import { roundTrip_ms, tabState, watchEnvironment } from "./environment.js"
import { randomHex } from "./random.js"
import { loadMemory, saveMemory } from "./storage.js"
import { openLink, sharingOf } from "./tabs/connect.js"

/** @import { Command, Reply, Terms } from "./engine/http.js" */
/** @import { Status } from "./engine/engine.js" */
/** @import { TransportName } from "./engine/policy.js" */
/** @import { HistoryEntry } from "./engine/history.js" */
/** @import { Link, Sharing } from "./tabs/connect.js" */
/** @import { Push } from "./transports/transport.js" */

/**
 * @typedef {object} Options
 * @property {string} [cursor] where to continue; none: from now
 * @property {string} [user] the id of this page's user: disconnect, with code SOMEBODY_ELSE, if it changes
 * @property {TransportName[]} [transports] those that may be used; none: all
 * @property {string | null} [tabs] how to share one connection with other tabs: `worker`, `leader` or `own`; none: the best
 * @property {Terms} [terms] the answer that /negotiate would give, from the server that rendered the page
 * @property {boolean} [isHeld] hold pushes until release()
 * @property {string} [worker] the file of ours that runs as the SharedWorker
 */
/** @typedef {(detail: any, extra?: any) => void} Listener */

export { NO_COOKIES, NoAnswer, Refusal, SOMEBODY_ELSE }

const REPLY_TIMEOUT_MS = 15_000 // longer than the timeouts of the engine and its POSTs
const MODULES_RETRY_MS = 2000
const WORKER_TIMEOUT_MS = 2000 // a worker that has sent nothing by then does not work here

/** @param {Options} [options] */
export function connect(options) {
  return new Parley(options)
}

export class Parley {
  /** @type {Status} */ status = { state: "idle" }
  /** @type {HistoryEntry[]} */ attempts = [] // every one, the newest last: see docs/embedding.md
  #positions
  #transports
  #memory = loadMemory()
  /** @type {Sharing} */ #sharing
  /** @type {Map<string, Set<Listener>>} */ #listeners = new Map()
  /** @type {Link | null} */ #link = null
  #pending = new PendingReplies()
  #closing = new AbortController()
  #catchUp = catchUpOf(this, (push) => this.#push(push, false), this.#closing.signal)
  #terms
  #worker
  #user
  #hasReattached = false
  #isFinal = false // told not to reconnect: the Back button does not reconnect either
  /** @type {[Push, boolean][] | null} */ #held // until release()
  #brokenWorkers = 0
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #silence

  /** @param {Options} [options] */
  constructor({ cursor = "", user = "", transports = TRANSPORTS, tabs = null, terms, isHeld = false, worker = "tabs/worker.js" } = {}) {
    this.#positions = new Positions(cursor)
    this.#user = user
    if (user) requestAs(user)
    this.#transports = transports
    this.#sharing = sharingOf(tabs)
    this.#terms = terms
    this.#worker = worker
    this.#held = isHeld ? [] : null
    queueMicrotask(() => this.#open()) // the caller adds its listeners first
    watchEnvironment({
      onNetwork: (isOnline) => this.#request(isOnline ? "networkChanged" : "goOffline"),
      onVisibility: () => this.#link?.send({ state: tabState() }),
      onHide: () => this.#shut(), // the Back button must not keep the connection
      onReturn: () => this.#isFinal || this.#open(),
    }, this.#closing.signal) // prettier-ignore
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
   * Listen to pushes of a type, each once and those of a room in order; "push" means all, "status" and
   * "attempts" the state of the connection. Return a function that removes the listener.
   * @param {string} type @param {Listener} listener
   */
  on(type, listener) {
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners.add(listener))
    return () => void listeners.delete(listener)
  }

  /**
   * Send a command and return the server's `ok`. A `send` is retried until there is an answer: its
   * key ensures that it is stored once, however often it is sent.
   * @param {Command} command @param {{ signal?: AbortSignal, isTriedOnce?: boolean }} [options] isTriedOnce: the caller retries itself
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
    for (const [push, isNotifier] of held) this.#deliver(push, isNotifier)
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

  /** Disconnect all tabs that share this connection. @param {number | undefined} code a goodbye's @param {string} reason */
  hangUp(code, reason) {
    this.#request("close", reason, code)
  }

  /** Stop waiting and try to connect now. */
  tryNow() {
    this.#request("tryNow")
  }

  /** Attach again under the current identity, after POST /login. @param {string} reason */
  reattach(reason) {
    this.#request("reattach", reason)
  }

  #open() {
    if (this.#link || this.#closing.signal.aborted) return
    const fixed = { can: this.#transports, terms: this.#terms, user: this.#user }
    const entry = () => ({ ...fixed, cursor: this.cursor, memory: this.#memory, state: tabState(), rtt_ms: roundTrip_ms() })
    this.#link = openLink(this.#sharing, entry, (message) => this.#handle(message), this.#worker)
    if (this.#sharing === "worker") this.#silence = setTimeout(() => this.#handle({ broken: true }), WORKER_TIMEOUT_MS)
  }

  /** @param {string} action a method of the engine @param {...unknown} args */
  #request(action, ...args) {
    this.#link?.send({ action, args })
  }

  /** @param {Status} [status] */
  #shut(status = { state: "closed" }) {
    clearTimeout(this.#silence)
    this.#link?.close()
    this.#link = null
    this.#pending.rejectAll("the page let go")
    this.#setStatus(status)
  }

  /** @param {any} message from the host, or from the link to it */
  #handle(message) {
    if (message.broken) return void this.#doWithoutWorker()
    if (!this.#link) return
    clearTimeout(this.#silence)
    if (message.lost) this.#pending.rejectAll("the tab that was connected has been closed")
    if (message.memory) saveMemory((this.#memory = message.memory))
    if (message.cursor !== undefined) this.#enter(message)
    if (message.push?.type === "hello") {
      if (this.#isSomebodyElse(message.push)) return
      requestAs(message.push.user)
    }
    if (message.push) this.#push(message.push, message.isNotifier)
    if (message.history) this.#emit("attempts", (this.attempts = message.history))
    if (message.status) this.#setStatus(message.status)
    if (message.reply) this.#pending.resolve(message.id, message.reply)
    if (message.noAnswer !== undefined) this.#pending.reject(message.id, message.noAnswer)
  }

  /**
   * Open another link after one has failed. A worker that does not answer may just have ended, so a
   * second one is tried before the page runs its own engine. If this tab's modules could not be
   * loaded, they are requested again after MODULES_RETRY_MS.
   */
  async #doWithoutWorker() {
    this.#link?.close()
    this.#link = null
    this.#pending.rejectAll("no worker runs here")
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
   * Return whether the server knows this browser as another user than the page shows. If so, disconnect:
   * what is written here would be sent in that user's name.
   * @param {Push} hello
   */
  #isSomebodyElse({ user, name }) {
    if (!this.#user || user === this.#user) return false
    this.leave(SOMEBODY_ELSE, name)
    return true
  }

  /** @param {Push} push @param {boolean} [isNotifier] this tab should show a notification */
  #push(push, isNotifier = true) {
    const verdict = this.#positions.judge(push)
    if (verdict === "gap") return void this.#catchUp()
    if (verdict === "duplicate") return
    if (this.#held) this.#held.push([push, isNotifier])
    else this.#deliver(push, isNotifier)
  }

  /** @param {Push} push @param {boolean} isNotifier */
  #deliver(push, isNotifier) {
    this.#emit(push.type, push, { isNotifier })
    this.#emit("push", push, { isNotifier })
  }

  /** @param {Command} command @returns {Promise<Reply>} */
  async #ask(command) {
    const link = this.#link
    if (!link) throw new NoAnswer("not connected")
    const reply = await this.#pending.ask(REPLY_TIMEOUT_MS, (id) => link.send({ command, id }))
    if (reply.type === "error") throw new Refusal(reply)
    const { room, epoch, offset = 0 } = reply
    if (ENTERING.has(command.type) && room && epoch) this.#positions.enter(room, { epoch, offset })
    if (command.type === "leave" && command.room) this.#positions.leave(command.room)
    return reply
  }

  /** Return after `wait_ms`, or as soon as there is a connection again. @param {number} wait_ms @param {AbortSignal} [signal] */
  async #untilWorthIt(wait_ms, signal) {
    const connected = new AbortController()
    const off = this.state === "connected" ? () => {} : this.on("status", () => this.state === "connected" && connected.abort())
    await sleep(wait_ms, signal ? AbortSignal.any([signal, connected.signal]) : connected.signal)
    off()
  }

  /** @param {Status} status */
  #setStatus(status) {
    if (status.state !== "closed" || status.code !== undefined) this.#isFinal = status.state === "closed"
    this.status = status
    this.#emit("status", status)
  }

  /** @param {string} type @param {any} detail @param {any} [extra] */
  #emit(type, detail, extra) {
    for (const listener of this.#listeners.get(type) ?? []) listener(detail, extra)
  }
}

/** Return a key that no two messages share. */
export function newKey() {
  return randomHex(16)
}
