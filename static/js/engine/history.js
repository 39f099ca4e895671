// @ts-check
// The history of a connection: each attempt, how long it took, how it ended.

/** @import { TransportName } from "./policy.js" */

/**
 * @typedef {object} HistoryEntry
 * @property {number} id @property {TransportName | "negotiate"} transport @property {Role} role
 * @property {string} why the reason for the attempt, in words
 * @property {number} startedAt_ms since the epoch
 * @property {number | null} proven_ms the time from its start until it was proven
 * @property {number | null} ended_ms the time from its start until it ended
 * @property {string} outcome "" while under way or carrying; a kind of end, see attempt.js
 * @property {string} detail in words
 */
/** @typedef {"race" | "upgrade" | "renewal" | "low power"} Role the purpose of an attempt */

const KEPT = 60 // a few minutes of a bad network: an administrator needs a pattern, not a whole day

export class History {
  /** @type {HistoryEntry[]} */ entries = [] // oldest first
  #lastId = 0
  #onChange

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange
  }

  /** Append an attempt; return its id. @param {HistoryEntry["transport"]} transport @param {Role} role @param {string} why */
  begin(transport, role, why) {
    const id = ++this.#lastId
    const entry = { id, transport, role, why, startedAt_ms: Date.now(), proven_ms: null, ended_ms: null, outcome: "", detail: "" }
    this.entries = [...this.entries.slice(1 - KEPT), entry]
    this.#onChange()
    return id
  }

  /** @param {number} id @param {Partial<HistoryEntry>} news */
  update(id, news) {
    this.entries = this.entries.map((entry) => (entry.id === id ? { ...entry, ...news } : entry))
    this.#onChange()
  }
}
