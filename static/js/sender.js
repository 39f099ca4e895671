// @ts-check
// Delivers the outbox in order, one entry at a time, while there is a connection. All tabs of a user
// share one outbox; one tab at a time sends.

import { backoff_ms } from "./engine/policy.js"
import { sleep } from "./engine/sleep.js"
import { parseCursor } from "./engine/cursor.js"
import { lookUp } from "./lookup.js"
import * as outbox from "./outbox.js"
import { OutboxStorage } from "./outbox_storage.js"
import { newKey, NoAnswer, Refusal } from "./parley.js"

/** @import { Draft, Logged, Outbox, Reply } from "./outbox.js" */
/** @import { Editing } from "./storage.js" */
/** @import { Message } from "./timeline.js" */
/** @import { Parley } from "./parley.js" */

// A suspended tab keeps its lock. Two tabs may then send one entry: the server deduplicates by key.
const TURN_PATIENCE_MS = 3000
const LONG_WAIT_MS = 2500 // a longer wait is that of one room, in slow mode
// The first tab to request a lock holds it. Locks exist only on pages from HTTPS or localhost.
const locks = globalThis.navigator?.locks

export class Sender extends EventTarget {
  /** @type {Outbox} */ #outbox
  isStoreAway = false // the server is reachable, but cannot store anything for now
  /** @type {Map<string, number>} */ #closedRooms = new Map() // in slow mode: when they take the next message
  #isDelivering = false
  #isOther = false // the connection belongs to another user: nothing is sent in their name
  #news = new AbortController() // ends the wait before the next try
  #storage
  #parley
  #user

  /** @param {Parley} parley @param {string} user */
  constructor(parley, user) {
    super()
    this.#parley = parley
    this.#user = user
    this.#storage = new OutboxStorage(user)
    const stored = this.#storage.load()
    this.#outbox = stored.filter(({ state }) => state !== "sent") // the page's history already has those
    this.#storage.save(stored, this.#outbox)
    for (const old of this.#storage.popOld()) this.#addOld(old)
    this.#storage.onChange(() => this.#follow())
    parley.on("hello", (hello) => (this.#isOther = hello.user !== user))
    parley.on("status", () => this.#wake())
  }

  /** The entries that have not arrived from the log yet, in order. */
  get entries() {
    return outbox.inOrder(this.#outbox.filter(({ state }) => state !== "withdrawn"))
  }

  /** Whether all entries are stored and so survive this page. */
  get isKept() {
    return this.#storage.isKept
  }

  /** Return when a room takes this user's next message; 0: now. @param {string} room */
  closedUntil_ms(room) {
    const until_ms = this.#closedRooms.get(room) ?? 0
    return until_ms > Date.now() ? until_ms : 0
  }

  /** Queue something to send as soon as the server is reachable. @param {Omit<Draft, "key">} draft */
  queue(draft) {
    this.#setOutbox(outbox.queue(this.#outbox, { ...draft, key: newKey() }, Date.now()))
  }

  /** @param {Message} message */
  delete({ room, offset: target, epoch }) {
    this.queue({ kind: "delete", room, target, epoch })
  }

  /** @param {Message} message @param {string} emoji @param {boolean} on */
  react({ room, offset: target, epoch }, emoji, on) {
    this.queue({ kind: "react", room, target, epoch, emoji, on })
  }

  /** Change the text of a message; return false if it is too late. @param {string} room @param {Editing} editing @param {string} text */
  edit(room, { offset, epoch, key }, text) {
    const isPending = this.#outbox.some((entry) => entry.key === key && entry.state !== "sent")
    if (offset === undefined) this.#setOutbox(outbox.revise(this.#outbox, key, text, Date.now()))
    else this.queue({ kind: "edit", room, target: offset, epoch, text })
    return offset !== undefined || isPending
  }

  /** @param {string} key */
  retry(key) {
    this.#setOutbox(outbox.retry(this.#outbox, key, Date.now()))
  }

  retryAll() {
    this.#setOutbox(outbox.retryAll(this.#outbox, Date.now()))
  }

  /** Withdraw an entry at its author's request. @param {string} key */
  withdraw(key) {
    this.#setOutbox(outbox.withdraw(this.#outbox, key))
  }

  /** Wait while entries are being sent, not longer than `patience_ms`; return those that are left. @param {number} patience_ms */
  async unsent(patience_ms) {
    const end = AbortSignal.timeout(patience_ms)
    while (this.#parley.state === "connected" && this.#next() && !end.aborted) {
      await Promise.race([new Promise((resolve) => this.addEventListener("change", resolve, { once: true })), sleep(patience_ms, end)])
    }
    return this.entries.filter(({ state }) => state !== "sent")
  }

  /** Drop all entries: their author has signed out. */
  forget() {
    this.#setOutbox([])
  }

  /** Remove what a logged push has delivered. @param {Logged} push */
  settle(push) {
    this.#setOutbox(outbox.settledBy(this.#outbox, push, this.#user))
  }

  /** Remove what the messages of a room's history have delivered. @param {readonly Message[]} messages */
  settleAll(messages) {
    if (this.#outbox.length === 0) return
    const known = new Set(this.#outbox.map(({ key }) => key))
    const deleted = (/** @type {Message} */ { room, user, offset }) => ({ type: "deleted", room, user, offset: 0, target: offset })
    let rest = this.#outbox
    for (const message of messages) {
      if (known.has(message.key)) rest = outbox.settledBy(rest, message, this.#user)
      if (message.deleted) rest = outbox.settledBy(rest, deleted(message), this.#user)
    }
    this.#setOutbox(rest)
  }

  /** @param {Outbox} next */
  #setOutbox(next) {
    if (next === this.#outbox) return
    this.#storage.save(this.#outbox, next)
    this.#outbox = next
    this.dispatchEvent(new Event("change"))
    this.#wake()
  }

  /** Take over the changes of another tab. */
  #follow() {
    this.#outbox = this.#storage.merge(this.#outbox)
    this.dispatchEvent(new Event("change"))
    this.#wake()
  }

  #wake() {
    this.#news.abort()
    this.#news = new AbortController()
    void this.#deliver()
  }

  async #deliver() {
    if (this.#isDelivering) return
    this.#isDelivering = true
    try {
      for (let failures = 0; this.#parley.state === "connected" && !this.#isOther; ) {
        if (!this.#next()) {
          this.#setStoreAway(false) // the log has brought what was not acknowledged
          break
        }
        const isDone = await this.#inTurn(() => this.#deliverNext())
        failures = isDone ? 0 : failures + 1
        if (!isDone && this.#parley.state === "connected") await sleep(backoff_ms(failures, Math.random()), this.#news.signal)
      }
    } finally {
      this.#isDelivering = false
    }
  }

  /** Run `work` while no other tab sends. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  async #inTurn(work) {
    if (!locks) return work()
    const name = `parley outbox ${this.#user}`
    let hasBegun = false
    const begin = () => {
      hasBegun = true
      return work()
    }
    try {
      return await locks.request(name, { signal: AbortSignal.timeout(TURN_PATIENCE_MS) }, begin)
    } catch (error) {
      if (hasBegun) throw error
      return work() // waiting took too long, or storage is forbidden, which disables locks
    }
  }

  #next() {
    return outbox.next(this.#outbox, this.#closedRooms, Date.now())
  }

  /** Deliver the next entry; return whether there was an answer. */
  async #deliverNext() {
    const entry = this.#next() // read now, as another tab may have delivered the last one
    if (!entry) return true
    const { key, room } = entry
    if (!this.#storage.has(key)) {
      this.#follow()
      return true
    }
    const position = this.#positionOf(room)
    try {
      if (outbox.mustBeLookedUp(entry, Date.now())) {
        this.#setOutbox(outbox.lookedUp(this.#outbox, key, await lookUp(entry, position)))
        return true
      }
      const isOfOldLog = entry.epoch !== undefined && position !== undefined && entry.epoch !== position.epoch
      if (isOfOldLog && entry.kind !== "send") {
        this.#setOutbox(outbox.refused(this.#outbox, key))
        return true
      }
      // What it answers is gone with its log; the answer itself is not lost.
      const command = outbox.commandOf(isOfOldLog ? { ...entry, reply_to: undefined } : entry)
      // Stored before it is sent: after a reload, the page must know that it may have arrived.
      this.#setOutbox(outbox.attempted(this.#outbox, key, position, Date.now()))
      await this.#settleAnswer(key, await this.#parley.send(command, { isTriedOnce: true }))
    } catch (error) {
      if (error instanceof Refusal) await this.#settleAnswer(key, error.reply)
      else if (error instanceof NoAnswer) return false
      else throw error
    }
    return true
  }

  /** @param {string} key @param {Reply} reply */
  async #settleAnswer(key, reply) {
    const { outbox: next, wait_ms } = outbox.answered(this.#outbox, key, reply)
    this.#setStoreAway(reply.code === "unavailable")
    this.#setOutbox(this.#withoutShown(next, key))
    if (reply.code === "rate_limited" && wait_ms > LONG_WAIT_MS) this.#wait(key, wait_ms)
    else if (wait_ms > 0) await sleep(wait_ms)
  }

  /** Send what is for other rooms meanwhile. @param {string} key @param {number} wait_ms */
  #wait(key, wait_ms) {
    const room = this.#outbox.find((entry) => entry.key === key)?.room ?? ""
    this.#closedRooms.set(room, Date.now() + wait_ms)
    this.dispatchEvent(new Event("change"))
    setTimeout(() => this.#wake(), wait_ms + 10)
  }

  /** Remove an entry whose message arrived from the log before its reply. @param {Outbox} next @param {string} key */
  #withoutShown(next, key) {
    const entry = next.find((e) => e.key === key)
    if (entry?.state !== "sent") return next
    const position = this.#positionOf(entry.room)
    return position && position.offset < (entry.offset ?? 0) ? next : outbox.without(next, key)
  }

  /** @param {string} room */
  #positionOf(room) {
    return parseCursor(this.#parley.cursor ?? "").get(room)
  }

  /** @param {boolean} isStoreAway */
  #setStoreAway(isStoreAway) {
    if (isStoreAway === this.isStoreAway) return
    this.isStoreAway = isStoreAway
    this.dispatchEvent(new Event("storechange"))
  }

  /** @param {any} old an entry stored by an earlier version */
  #addOld({ key, room, text, since_ms }) {
    const queued = outbox.queue(this.#outbox, { kind: "send", key, room, text }, since_ms)
    this.#setOutbox(outbox.attempted(queued, key, undefined, since_ms))
  }
}
