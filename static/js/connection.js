// @ts-check
// The state of the connection for people: the engine's states, without interruptions too short to
// read about. Pure.

/** @import { Status } from "./engine/engine.js" */

/**
 * "connecting": at first, or after a loss shorter than GRACE_MS.
 * @typedef {"connected" | "connecting" | "away" | "offline" | "closed"} Way
 */

export const GRACE_MS = 1500 // a reconnect usually takes less

/**
 * Return the state of the connection to show.
 * @param {Status} status @param {number} lost_ms how long the connection has been lost
 * @returns {Way}
 */
export function wayOf({ state, isOffline }, lost_ms) {
  if (state === "connected" || state === "closed") return state
  if (isOffline) return "offline"
  return lost_ms >= 0 && lost_ms < GRACE_MS ? "connecting" : "away"
}
