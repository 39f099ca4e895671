// @ts-check
// The history of a connection: each attempt, how long it took, how it ended. Pure.

/** @import { TransportName } from "./policy.js" */

/**
 * @typedef {object} HistoryEntry
 * @property {number} id
 * @property {TransportName | "negotiate"} transport
 * @property {Role} role
 * @property {string} why the reason for the attempt, in words
 * @property {number} startedAt_ms since the epoch
 * @property {number | null} proven_ms the time from its start until it was proven
 * @property {number | null} ended_ms the time from its start until it ended
 * @property {string} outcome "" while under way or carrying; a kind of end, see attempt.js
 * @property {string} detail in words
 */
/** @typedef {"race" | "climb" | "renewal" | "low power"} Role the purpose of an attempt */

const KEPT = 60 // a few minutes of a bad network: an administrator needs a pattern, not a whole day

/**
 * Append an attempt that has just started.
 * @param {readonly HistoryEntry[]} history
 * @param {{ id: number, transport: HistoryEntry["transport"], role: Role, why: string, startedAt_ms: number }} begun
 * @returns {HistoryEntry[]}
 */
export function begin(history, begun) {
  const entry = { ...begun, proven_ms: null, ended_ms: null, outcome: "", detail: "" }
  return [...history.slice(1 - KEPT), entry]
}

/**
 * Update the attempt with this id.
 * @param {readonly HistoryEntry[]} history @param {number} id @param {Partial<HistoryEntry>} news
 * @returns {HistoryEntry[]}
 */
export function goOn(history, id, news) {
  return history.map((entry) => (entry.id === id ? { ...entry, ...news } : entry))
}
