// @ts-check
// Delivers the outbox in order, one thing at a time, while there is a connection. All tabs of a
// user have one outbox; one of them sends at a time.

import { backoff_ms } from "./engine/policy.js"
import { sleep } from "./engine/sleep.js"
import { parseCursor } from "./engine/cursor.js"
import { lookUp } from "./lookup.js"
import * as outbox from "./outbox.js"
import { OutboxStorage } from "./outbox_storage.js"
import { newKey, NoAnswer, Refusal } from "./parley.js"

/** @import { Draft, Entry, Logged, Outbox, Reply } from "./outbox.js" */
/** @import { Message } from "./timeline.js" */
/** @import { Parley } from "./parley.js" */

// A tab that a phone has put to sleep keeps its lock. Two that send the same do no harm: keys tell.
const TURN_PATIENCE_MS = 3000
// Whoever comes first has it; only where the page came by https or from localhost.
const locks = globalThis.navigator?.locks

export class Sender extends EventTarget {
  /** @type {Outbox} */
  #outbox
  /** The server is there, but can't store anything for now. */
  isStoreAway = false
  #isPumping = false
  #isOther = false // the connection is somebody else's: nothing is sent in their name
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
    this.#outbox = stored.filter(({ state }) => state !== "sent") // the page was loaded with those
    this.#storage.save(stored, this.#outbox)
    for (const old of this.#storage.takeOld()) this.#takeOld(old)
    this.#storage.onChange(() => this.#follow())
    parley.on("hello", (hello) => (this.#isOther = hello.user !== user))
    parley.on("status", () => this.#wake())
  }

  /** What is in no log yet, in order. */
  get entries() {
    return outbox.inOrder(this.#outbox.filter(({ state }) => state !== "withdrawn"))
  }

  /** Whether all of it outlives this page. */
  get isKept() {
    return this.#storage.isKept
  }

  /** @param {string} room */
  entriesOf(room) {
    return this.entries.filter((entry) => entry.room === room)
  }

  /** Do something, as soon as the server is there. @param {Omit<Draft, "key">} draft */
  queue(draft) {
    this.#become(outbox.queue(this.#outbox, { ...draft, key: newKey() }, Date.now()))
  }

  /** @param {string} key @param {string} text @returns {boolean} whether it was not too late */
  revise(key, text) {
    const canBe = this.#outbox.some((entry) => entry.key === key && entry.state !== "sent")
    this.#become(outbox.revise(this.#outbox, key, text, Date.now()))
    return canBe
  }

  /** @param {string} key */
  retry(key) {
    this.#become(outbox.retry(this.#outbox, key, Date.now()))
  }

  retryAll() {
    this.#become(outbox.retryAll(this.#outbox, Date.now()))
  }

  /** @param {string} key its author takes it back */
  withdraw(key) {
    this.#become(outbox.withdraw(this.#outbox, key))
  }

  /** Drop all that waits: its author has signed out. */
  forget() {
    this.#become([])
  }

  /** The log has brought this. @param {Logged} push */
  settle(push) {
    this.#become(outbox.settledBy(this.#outbox, push, this.#user))
  }

  /** These are in a room's history. @param {readonly Message[]} messages */
  settleAll(messages) {
    if (this.#outbox.length === 0) return
    const known = new Set(this.#outbox.map(({ key }) => key))
    const deleted = (/** @type {Message} */ { room, user, offset }) => ({ type: "deleted", room, user, offset: 0, target: offset })
    let rest = this.#outbox
    for (const message of messages) {
      if (known.has(message.key)) rest = outbox.settledBy(rest, message, this.#user)
      if (message.deleted) rest = outbox.settledBy(rest, deleted(message), this.#user)
    }
    this.#become(rest)
  }

  /** @param {Outbox} next */
  #become(next) {
    if (next === this.#outbox) return
    this.#storage.save(this.#outbox, next)
    this.#outbox = next
    this.dispatchEvent(new Event("change"))
    this.#wake()
  }

  /** Take over what another tab has changed. */
  #follow() {
    this.#outbox = this.#storage.merge(this.#outbox)
    this.dispatchEvent(new Event("change"))
    this.#wake()
  }

  #wake() {
    this.#news.abort()
    this.#news = new AbortController()
    void this.#pump()
  }

  async #pump() {
    if (this.#isPumping) return
    this.#isPumping = true
    try {
      await this.#deliverAll()
    } finally {
      this.#isPumping = false
    }
  }

  async #deliverAll() {
    for (let failures = 0; this.#parley.state === "connected" && !this.#isOther; ) {
      if (!outbox.next(this.#outbox)) {
        this.#tell({ isStoreAway: false }) // what it did not acknowledge came all the same
        break
      }
      const isDone = await this.#inTurn(() => this.#deliverNext())
      failures = isDone ? 0 : failures + 1
      if (!isDone && this.#parley.state === "connected") await sleep(backoff_ms(failures, Math.random()), this.#news.signal)
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
      return work() // it took too long, or storage is forbidden and locks with it
    }
  }

  /** Deliver the oldest that waits; return whether there was an answer. */
  async #deliverNext() {
    const entry = outbox.next(this.#outbox) // another tab may have delivered what was next
    if (!entry) return true
    const { key, room } = entry
    if (!this.#storage.has(key)) {
      this.#follow()
      return true
    }
    const position = this.#positionOf(room)
    try {
      if (outbox.mustBeLookedUp(entry, Date.now())) {
        this.#become(outbox.lookedUp(this.#outbox, key, await lookUp(entry, position)))
        return true
      }
      if (entry.kind !== "send" && position && entry.epoch !== position.epoch) {
        this.#become(outbox.refused(this.#outbox, key))
        return true
      }
      // Stored before it leaves: a page that is loaded anew must know that it may have arrived.
      this.#become(outbox.attempted(this.#outbox, key, position, Date.now()))
      await this.#settleAnswer(key, await this.#parley.send(outbox.commandOf(entry), { isTriedOnce: true }))
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
    this.#tell({ isStoreAway: reply.code === "unavailable" })
    this.#become(this.#withoutShown(next, key))
    if (wait_ms > 0) await sleep(wait_ms)
  }

  /** What the log has brought before its answer came is not to be waited for. @param {Outbox} next @param {string} key */
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

  /** @param {{ isStoreAway: boolean }} news */
  #tell({ isStoreAway }) {
    if (isStoreAway === this.isStoreAway) return
    this.isStoreAway = isStoreAway
    this.dispatchEvent(new Event("storechange"))
  }

  /** @param {any} old an entry of the version before this */
  #takeOld({ key, room, text, since_ms }) {
    const queued = outbox.queue(this.#outbox, { kind: "send", key, room, text }, since_ms)
    this.#become(outbox.attempted(queued, key, undefined, since_ms))
  }
}
