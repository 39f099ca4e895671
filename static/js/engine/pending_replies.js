// @ts-check
// Commands that wait for their replies, which arrive in any order.

import { NoAnswer } from "./http.js"

/** @import { Reply } from "./http.js" */

export class PendingReplies {
  /** @type {Map<string, PromiseWithResolvers<Reply>>} */ #pending = new Map() // by the command's id
  #lastId = 0

  /**
   * Send a command with an id, and return its reply.
   * @param {number} timeout_ms @param {(id: string) => void} send
   * @throws {NoAnswer} the command may or may not have been executed
   */
  async ask(timeout_ms, send) {
    const id = String(++this.#lastId)
    /** @type {PromiseWithResolvers<Reply>} */ const answer = Promise.withResolvers()
    const timer = setTimeout(() => answer.reject(new NoAnswer(`no reply in ${timeout_ms} ms`)), timeout_ms)
    this.#pending.set(id, answer)
    try {
      send(id)
      return await answer.promise
    } finally {
      clearTimeout(timer)
      this.#pending.delete(id)
    }
  }

  /** Return whether a command with this id waits for `reply`. @param {string} id @param {Reply} reply */
  resolve(id, reply) {
    this.#pending.get(id)?.resolve(reply)
    return this.#pending.has(id)
  }

  /** @param {string} id @param {string} reason why there is no reply */
  reject(id, reason) {
    this.#pending.get(id)?.reject(new NoAnswer(reason))
  }

  /** @param {string} reason */
  rejectAll(reason) {
    for (const id of this.#pending.keys()) this.reject(id, reason)
  }
}
