// @ts-check
// One transport from its first byte to its last. It is proven when its `hello` has arrived and a
// command has been answered: a WebSocket may open and carry nothing, a proxy may hold back an
// event stream, and a POST may never arrive.

import { postCommand, Refusal } from "./http.js"
import { PendingReplies } from "./pending_replies.js"
import { openLongPoll } from "../transports/longpoll.js"
import { openEventStream } from "../transports/sse.js"
import { openWebSocket } from "../transports/websocket.js"

/** @import { Command, Offer, Reply } from "./http.js" */
/** @import { AttachRequest, Push } from "../transports/transport.js" */
/** @import { Role } from "./history.js" */

/**
 * @typedef {"refused" | "silent" | "unanswered" | "died" | "lost" | "goodbye" | "closed"} Kind
 *   refused: it ended before its hello; silent: no hello in time; unanswered: hello arrived, but the
 *   ping had no answer in time; died: it was proven and ended by itself; lost: it fell silent together
 *   with the whole network; closed: by us
 */
/** @typedef {{ type: string, code?: number, reason?: string, retry_ms?: number, refusal?: string, advice?: string }} Goodbye */
/** @typedef {{ kind: Kind, detail: string, goodbye?: Goodbye }} AttemptEnd detail: in words */
/**
 * @typedef {object} Listener
 * @property {(attempt: Attempt, push: Push) => void} onPush all pushes except goodbyes and replies to commands
 * @property {(attempt: Attempt) => void} onProven
 * @property {(attempt: Attempt, end: AttemptEnd) => void} onEnd once
 */

const OPENERS = { websocket: openWebSocket, sse: openEventStream, longpoll: openLongPoll }
const REPLY_TIMEOUT_MS = 10_000 // an answer that takes longer will not come on this socket

export class Attempt {
  isOpen = false // the WebSocket handshake has succeeded; other transports have none
  isGreeted = false
  isProven = false
  hasEnded = false
  session = ""
  asked = "" // the cursor of its last request
  heartbeat_s = Infinity
  startedAt_ms = performance.now()
  provenAt_ms = 0
  longestSilence_ms = 0 // the longest time between two arrivals of data
  #heardAt_ms = performance.now()
  #isAnswered = false
  #error = "" // the message of the last one that answers no command: the reason for the goodbye that follows
  #connection
  #listener
  #sendUrl
  #proving = new AbortController()
  #deadline
  #pending = new PendingReplies()

  /**
   * @param {Offer} offer @param {{ id: number, role: Role, limit_ms: number }} plan limit_ms: how long it may take to be proven
   * @param {Omit<AttachRequest, "url" | "onOpen" | "onPush" | "onLife" | "onEnd">} attach @param {Listener} listener
   */
  constructor({ transport, url, send }, { id, role, limit_ms }, attach, listener) {
    this.transport = transport
    this.id = id
    this.role = role
    this.hold_s = attach.hold_s
    this.pause_s = attach.pause_s
    this.#sendUrl = send
    this.#listener = listener
    this.#deadline = setTimeout(() => this.#expire(limit_ms), limit_ms)
    this.#connection = OPENERS[transport]({
      ...attach,
      url,
      cursor: () => (this.asked = attach.cursor()),
      onOpen: () => {
        this.isOpen = true
        void this.#ping()
      },
      onPush: (push) => this.#handle(push),
      onLife: () => this.#heard(),
      onEnd: ({ reason, code, refusal }) => {
        // A refusal by the server itself counts as a goodbye: it says nothing about the network.
        const isServers = refusal !== undefined || (code !== undefined && code >= 4000)
        const goodbye = isServers ? { type: "goodbye", code, reason, retry_ms: refusal?.retry_ms, refusal: refusal?.code } : undefined
        const kind = goodbye ? "goodbye" : this.isProven ? "died" : this.isGreeted ? "unanswered" : "refused"
        this.end({ kind, detail: reason, goodbye })
      },
    })
  }

  get age_ms() {
    return performance.now() - this.startedAt_ms
  }

  get lived_ms() {
    return this.isProven ? performance.now() - this.provenAt_ms : 0
  }

  get silent_ms() {
    return performance.now() - this.#heardAt_ms
  }

  /** @param {Command} command @returns {Promise<Reply>} @throws {NoAnswer | Refusal} */
  async command(command) {
    const send = this.#connection.send
    if (!send) return postCommand(command, this.#sendUrl)
    if (command.type === "typing") {
      send(command)
      return { type: "ok" }
    }
    return this.#pending.ask(REPLY_TIMEOUT_MS, (id) => send({ ...command, id }))
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
    this.#pending.rejectAll(end.detail || "the connection changed")
    this.#listener.onEnd(this, end)
  }

  #heard() {
    this.longestSilence_ms = Math.max(this.longestSilence_ms, this.silent_ms)
    this.#heardAt_ms = performance.now()
  }

  /** @param {Push} push */
  #handle(push) {
    if (this.hasEnded) return
    this.#heard()
    if (this.#pending.resolve(push.id, push)) return
    if (push.type === "goodbye") {
      // Nothing else closes a poll, and the close of a socket may take long to arrive.
      return this.end({ kind: "goodbye", detail: this.#error || push.reason, goodbye: push })
    }
    if (push.type === "error" && push.id === undefined) this.#error = push.message
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
    this.#isAnswered = true
    this.#prove()
  }

  #prove() {
    if (this.isProven || this.hasEnded || !this.isGreeted || !this.#isAnswered) return
    this.isProven = true
    this.provenAt_ms = performance.now()
    clearTimeout(this.#deadline)
    this.#listener.onProven(this)
  }

  /** @param {number} limit_ms */
  #expire(limit_ms) {
    const [kind, what] = this.isGreeted ? ["unanswered", "answer"] : ["silent", "hello"]
    this.end({ kind: /** @type {Kind} */ (kind), detail: `no ${what} in ${limit_ms} ms` })
  }
}
