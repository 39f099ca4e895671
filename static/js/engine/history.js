// @ts-check
// The history of a connection: each attempt, how long it took, how it ended. Pure.

/** @import { TransportName } from "./policy.js" */

/**
 * @typedef {object} HistoryEntry
 * @property {number} id
 * @property {TransportName | "negotiate"} transport
 * @property {Role} role
 * @property {string} why it was begun, in words
 * @property {number} startedAt_ms since the epoch
 * @property {number | null} proven_ms after how long it was proven
 * @property {number | null} ended_ms after how long it ended
 * @property {string} outcome "" while under way or carrying; a kind of end, see attempt.js
 * @property {string} detail in words
 */
/** @typedef {"race" | "climb" | "renewal" | "low power"} Role why it was begun */

const KEPT = 60 // some minutes of a bad network; an administrator wants to see a pattern, not a day

/**
 * @param {readonly HistoryEntry[]} history
 * @param {{ id: number, transport: HistoryEntry["transport"], role: Role, why: string, startedAt_ms: number }} begun
 * @returns {HistoryEntry[]}
 */
export function begin(history, begun) {
  const entry = { ...begun, proven_ms: null, ended_ms: null, outcome: "", detail: "" }
  return [...history.slice(1 - KEPT), entry]
}

/**
 * @param {readonly HistoryEntry[]} history @param {number} id @param {Partial<HistoryEntry>} news
 * @returns {HistoryEntry[]}
 */
export function goOn(history, id, news) {
  return history.map((entry) => (entry.id === id ? { ...entry, ...news } : entry))
}
