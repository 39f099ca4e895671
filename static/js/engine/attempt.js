// @ts-check
// One transport from its first byte to its last. It is proven when its `hello` has arrived and a
// command has been answered: a WebSocket may open and carry nothing, a proxy may hold back an
// event stream, and a POST may never arrive.

import { NoAnswer, postCommand, Refusal } from "./http.js"
import { openLongPoll } from "../transports/longpoll.js"
import { openEventStream } from "../transports/sse.js"
import { openWebSocket } from "../transports/websocket.js"

/** @import { Command, Offer, Reply } from "./http.js" */
/** @import { Transport, Push, Wish } from "../transports/transport.js" */
/** @import { TransportName } from "./policy.js" */
/** @import { Role } from "./history.js" */

/**
 * @typedef {"refused" | "silent" | "unanswered" | "died" | "lost" | "goodbye" | "closed"} Kind
 *   refused: it ended before its hello; silent: no hello in time; unanswered: hello arrived, but the
 *   ping had no answer in time; died: it was proven and ended by itself; lost: it fell silent together
 *   with the whole network; closed: by us
 */
/**
 * @typedef {object} AttemptEnd
 * @property {Kind} kind
 * @property {string} detail in words
 * @property {Push} [goodbye]
 */
/**
 * @typedef {object} Listener
 * @property {(attempt: Attempt, push: Push) => void} onPush all pushes except goodbyes and replies to commands
 * @property {(attempt: Attempt) => void} onProven
 * @property {(attempt: Attempt, end: AttemptEnd) => void} onEnd once
 */

/** @type {Record<TransportName, (wish: Wish) => Transport>} */
const OPENERS = { websocket: openWebSocket, sse: openEventStream, longpoll: openLongPoll }
const REPLY_TIMEOUT_MS = 10_000 // an answer that takes longer will not come on this socket

export class Attempt {
  isOpen = false // the WebSocket handshake has succeeded; other transports have none
  isGreeted = false
  isProven = false
  hasEnded = false
  session = ""
  heartbeat_s = Infinity
  /** When the attempt began, on the clock of performance.now(). */
  startedAt_ms = performance.now()
  provenAt_ms = 0
  heardAt_ms = performance.now()
  #answered = false
  /** The message of the last error that answers no command: the reason for the goodbye that follows. */
  #why = ""
  #connection
  #listener
  #sendUrl
  #proving = new AbortController()
  #deadline
  /** @type {Map<string, PromiseWithResolvers<Reply>>} by command id */
  #pending = new Map()
  #lastId = 0

  /**
   * @param {Offer} offer
   * @param {{ id: number, role: Role, trial_ms: number, limit_ms: number }} plan trial_ms: how long
   *   it must live before it takes over; limit_ms: how long it may take to be proven
   * @param {Pick<Wish, "session" | "cursor" | "heartbeat_s" | "hold_s" | "rest_s">} wish
   * @param {Listener} listener
   */
  constructor({ transport, url, send }, { id, role, trial_ms, limit_ms }, wish, listener) {
    this.transport = transport
    this.id = id
    this.role = role
    this.trial_ms = trial_ms
    this.hold_s = wish.hold_s
    this.rest_s = wish.rest_s
    this.#sendUrl = send
    this.#listener = listener
    this.#deadline = setTimeout(() => this.#expire(limit_ms), limit_ms)
    this.#connection = OPENERS[transport]({
      ...wish,
      url,
      onOpen: () => {
        this.isOpen = true
        void this.#ping()
      },
      onPush: (push) => this.#take(push),
      onLife: () => (this.heardAt_ms = performance.now()),
      onEnd: ({ reason, code, refusal }) => {
        // A refusal by the server itself counts as a goodbye: it says nothing about the network.
        const isWord = refusal !== undefined || (code !== undefined && code >= 4000)
        const goodbye = isWord ? { type: "goodbye", code, reason, retry_ms: refusal?.retry_ms, refusal: refusal?.code } : undefined
        this.end({ kind: goodbye ? "goodbye" : this.#kindOfEnd(), detail: reason, goodbye })
      },
    })
  }

  get age_ms() {
    return performance.now() - this.startedAt_ms
  }

  get lived_ms() {
    return this.isProven ? performance.now() - this.provenAt_ms : 0
  }

  get idle_ms() {
    return performance.now() - this.heardAt_ms
  }

  /**
   * @param {Command} command
   * @returns {Promise<Reply>}
   * @throws {NoAnswer | Refusal}
   */
  async command(command) {
    const send = this.#connection.send
    if (!send) return postCommand(command, this.#sendUrl)
    if (command.type === "typing") {
      send(command)
      return { type: "ok" }
    }
    const id = String(++this.#lastId)
    /** @type {PromiseWithResolvers<Reply>} */
    const answer = Promise.withResolvers()
    const timer = setTimeout(() => answer.reject(new NoAnswer(`no reply in ${REPLY_TIMEOUT_MS} ms`)), REPLY_TIMEOUT_MS)
    this.#pending.set(id, answer)
    try {
      send({ ...command, id })
      return await answer.promise
    } finally {
      clearTimeout(timer)
      this.#pending.delete(id)
    }
  }

  close() {
    this.end({ kind: "closed", detail: "" })
  }

  /** @param {AttemptEnd} end */
  end(end) {
    if (this.hasEnded) return
    this.hasEnded = true
    clearTimeout(this.#deadline)
    this.#proving.abort()
    this.#connection.close()
    for (const answer of this.#pending.values()) answer.reject(new NoAnswer(end.detail || "the connection changed"))
    this.#listener.onEnd(this, end)
  }

  /** @param {Push} push */
  #take(push) {
    if (this.hasEnded) return
    this.heardAt_ms = performance.now()
    const answer = this.#pending.get(push.id)
    if (answer) return answer.resolve(/** @type {Reply} */ (push))
    if (push.type === "goodbye") {
      // Nothing else closes a poll, and the close of a socket may take long to arrive.
      return this.end({ kind: "goodbye", detail: this.#why || push.reason, goodbye: push })
    }
    if (push.type === "error" && push.id === undefined) this.#why = push.message
    if (push.type === "hello") {
      this.isGreeted = true
      this.session = push.session
      this.heartbeat_s = push.heartbeat_s
    }
    this.#listener.onPush(this, push)
    this.#prove()
  }

  async #ping() {
    try {
      if (this.#connection.send) await this.command({ type: "ping" })
      else await postCommand({ type: "ping" }, this.#sendUrl, this.#proving.signal)
    } catch (error) {
      if (this.hasEnded) return
      // A refusal is an answer, too. Without an answer, the deadline or the transport's end reports it.
      if (!(error instanceof Refusal)) return
    }
    this.#answered = true
    this.#prove()
  }

  #prove() {
    if (this.isProven || this.hasEnded || !this.isGreeted || !this.#answered) return
    this.isProven = true
    this.provenAt_ms = performance.now()
    clearTimeout(this.#deadline)
    this.#listener.onProven(this)
  }

  /** @returns {Kind} */
  #kindOfEnd() {
    if (this.isProven) return "died"
    return this.isGreeted ? "unanswered" : "refused"
  }

  /** @param {number} limit_ms */
  #expire(limit_ms) {
    const [kind, what] = this.isGreeted ? ["unanswered", "answer"] : ["silent", "hello"]
    this.end({ kind: /** @type {Kind} */ (kind), detail: `no ${what} in ${limit_ms} ms` })
  }
}
