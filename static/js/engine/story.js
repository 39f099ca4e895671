// @ts-check
// The story of a connection: each attempt, how long it took, how it ended. Pure.

/** @import { TransportName } from "./policy.js" */

/**
 * @typedef {object} Chapter
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
/** @typedef {"race" | "climb" | "renewal" | "sparing"} Role why it was begun */

const KEPT = 60 // some minutes of a bad network; an administrator wants to see a pattern, not a day

/**
 * @param {readonly Chapter[]} story
 * @param {{ id: number, transport: Chapter["transport"], role: Role, why: string, startedAt_ms: number }} begun
 * @returns {Chapter[]}
 */
export function begin(story, begun) {
  const chapter = { ...begun, proven_ms: null, ended_ms: null, outcome: "", detail: "" }
  return [...story.slice(1 - KEPT), chapter]
}

/**
 * @param {readonly Chapter[]} story @param {number} id @param {Partial<Chapter>} news
 * @returns {Chapter[]}
 */
export function goOn(story, id, news) {
  return story.map((chapter) => (chapter.id === id ? { ...chapter, ...news } : chapter))
}
