// @ts-check
// How the connection stands, as a person would say it: the engine's states without the blips that
// are over before they are read. Pure.

/** @import { Status } from "./engine/engine.js" */

/**
 * "connecting": at first, or after a loss so short that nobody need be told.
 * @typedef {"connected" | "connecting" | "away" | "offline" | "closed"} Way
 */

export const GRACE_MS = 1500 // a reconnect usually takes less

/**
 * @param {Status} status @param {number} lost_ms for how long it has not been connected
 * @returns {Way}
 */
export function wayOf({ state, isOffline }, lost_ms) {
  if (state === "connected" || state === "closed") return state
  if (isOffline) return "offline"
  return lost_ms >= 0 && lost_ms < GRACE_MS ? "connecting" : "away"
}
