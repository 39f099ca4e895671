// @ts-check
// Describes the delivery of outbox entries in words: at each message, and in the bar. Pure.

import { NO_COOKIES, SIGNED_OUT, SOMEBODY_ELSE } from "./codes.js"
import { accessOf } from "./room_info.js"
import { plural } from "./wording.js"

/** @import { Status } from "./engine/engine.js" */
/** @import { Entry } from "./outbox.js" */

/** @typedef {"connected" | "connecting" | "away" | "offline" | "closed"} Connection the state of the connection for people */
/** @typedef {"retry" | "edit" | "discard"} DeliveryAction what its author can do about an entry */
/** @typedef {{ text: string, isError: boolean, actions: DeliveryAction[] }} DeliveryStatus */
/** @typedef {{ text: string, detail: string, tone: "error" | "info", canTry: boolean, canRetry: boolean }} Bar */

export const GRACE_MS = 1500 // a reconnect usually takes less
export const FIRST_GRACE_MS = 6000 // the first connection takes some round trips, and a slow phone
export const SOON_MS = 2000 // a delivery that takes less is not mentioned
const SHORT_WAIT_MS = 2000 // a shorter wait is over before a countdown is read

/**
 * Return the state of the connection to show: the engine's, without losses too short to read about.
 * @param {Status} status @param {number} lost_ms how long the connection has been lost
 * @param {boolean} [isFirst] there was none yet @returns {Connection}
 */
export function connectionOf({ state, isOffline }, lost_ms, isFirst = false) {
  if (state === "connected" || state === "closed") return state
  if (isOffline) return "offline"
  const grace_ms = isFirst && state === "connecting" ? FIRST_GRACE_MS : GRACE_MS
  return lost_ms >= 0 && lost_ms < grace_ms ? "connecting" : "away"
}

/**
 * @param {Entry} entry @param {{ connection: Connection, isStoreAway: boolean, closedUntil_ms?: (room: string) => number }} server @param {number} now_ms
 * @returns {DeliveryStatus}
 */
export function deliveryStatusOf({ kind, state, room, reason, written_ms }, server, now_ms) {
  const { connection, isStoreAway } = server
  const undo = kind === "delete" || kind === "react" ? "discard" : null
  const actions = /** @type {DeliveryAction[]} */ (undo ? [undo] : ["edit", "discard"])
  if (state === "refused") return { text: `${NOT[kind]} ${reason ?? ""}`, isError: true, actions: undo ? ["retry", undo] : ["retry", ...actions] }
  if (state === "doubtful") return { text: `Perhaps sent. ${reason ?? ""}`, isError: true, actions: ["retry", "discard"] }
  if (state === "sent") return { text: "", isError: false, actions: [] }
  const what = WAITING[kind]
  if (connection !== "connected") return { text: `${what}waiting for the connection`, isError: false, actions }
  if (isStoreAway) return { text: `${what}waiting for the server`, isError: false, actions }
  const until_ms = server.closedUntil_ms?.(room) ?? 0
  if (until_ms > now_ms) return { text: `slow mode: goes at ${new Date(until_ms).toLocaleTimeString()}`, isError: false, actions }
  const age_ms = now_ms - written_ms
  return { text: age_ms < SOON_MS ? "" : kind === "send" ? "sending…" : `${what}saving…`, isError: false, actions: [] }
}

const NOT = { send: "Not sent.", edit: "The edit was not saved.", delete: "Not deleted.", react: "The reaction was not saved." }
const WAITING = { send: "", edit: "edit ", delete: "deletion ", react: "reaction " }
export const ACTION_WORDS = { retry: "Retry", edit: "Edit", discard: "Delete" }

/** Return the label of the button that discards an entry. @param {Entry} entry */
export function discardWords({ kind }) {
  return kind === "send" ? "Delete" : "Undo"
}

/**
 * Return the content of the bar, or null if there is nothing to report.
 * @param {{ connection: Connection, isStoreAway: boolean }} server @param {Status} status
 * @param {{ entries: readonly Entry[], isKept: boolean, room: string }} outbox room: the one shown
 * @param {number} now_ms @returns {Bar | null}
 */
export function barOf({ connection, isStoreAway }, status, { entries, isKept, room }, now_ms) {
  const waiting = entries.filter(({ state }) => state === "waiting")
  const tail = (/** @type {string} */ back) => waitingWords(waiting, back, isKept)
  switch (connection) {
    case "offline":
      return { text: "You are offline: this device has no network.", detail: tail("you are back"), tone: "error", canTry: true, canRetry: false }
    case "away":
      return { text: awayWords(status, now_ms), detail: tail("it is back"), tone: "error", canTry: status.state === "waiting", canRetry: false }
    case "closed": {
      if (status.code === NO_COOKIES || status.code === SOMEBODY_ELSE) return null // a dialog says it
      const why = (status.reason || "the server said goodbye").replace(/\.$/, "")
      return { text: `Disconnected: ${why}.`, detail: "", tone: "error", canTry: status.code !== SIGNED_OUT, canRetry: false }
    }
    case "connected":
      if (!isStoreAway) return stuckBar(entries, room, now_ms)
      return { text: "The server can't save messages right now.", detail: tail("it can"), tone: "error", canTry: false, canRetry: false }
    default:
      return null
  }
}

/** @param {Status} status @param {number} now_ms */
function awayWords({ state, wait_ms = 0, retryAt_ms = 0 }, now_ms) {
  if (state !== "waiting") return "The server can't be reached. Trying now…"
  if (wait_ms < SHORT_WAIT_MS) return "The server can't be reached. Trying again…"
  const left_s = Math.ceil((retryAt_ms - now_ms) / 1000)
  return `The server can't be reached. Trying again${left_s > 0 ? ` in ${left_s}\u00a0s.` : "…"}`
}

/** @param {readonly Entry[]} waiting @param {string} back @param {boolean} isKept */
function waitingWords(waiting, back, isKept) {
  const keep = isKept ? "" : " Keep this page open: this browser stores nothing."
  if (waiting.length === 0) return `What you write is kept, and sent when ${back}.${keep}`
  const are = waiting.length === 1 ? "is" : "are"
  const order = waiting.length === 1 ? "" : " in order"
  return `${countWords(waiting)} ${are} kept, and sent${order} when ${back}.${keep}`
}

/** @param {readonly Entry[]} entries */
function countWords(entries) {
  const messages = entries.filter(({ kind }) => kind === "send").length
  const changes = entries.length - messages
  const parts = [messages > 0 ? plural(messages, "message", "messages") : "", changes > 0 ? plural(changes, "change", "changes") : ""]
  return parts.filter(Boolean).join(" and ")
}

/**
 * Return the bar for refused, doubtful or late entries while the connection and the store work.
 * @param {readonly Entry[]} entries @param {string} room @param {number} now_ms @returns {Bar | null}
 */
function stuckBar(entries, room, now_ms) {
  const refused = entries.filter(({ state }) => state === "refused")
  const doubtful = entries.filter(({ state }) => state === "doubtful")
  if (refused.length + doubtful.length > 0) {
    const parts = []
    const was = refused.length === 1 ? "was" : "were"
    if (refused.length > 0) parts.push(`${countWords(refused)}${elsewhereWords(refused, room)} ${was} not sent.`)
    if (doubtful.length > 0) parts.push(`${countWords(doubtful)}${elsewhereWords(doubtful, room)} may have been sent: decide there.`)
    return { text: parts.join(" "), detail: "", tone: "error", canTry: false, canRetry: refused.length > 0 }
  }
  const late = entries.filter(({ state, written_ms }) => state === "waiting" && now_ms - written_ms >= SOON_MS)
  if (late.length === 0) return null
  return { text: `Sending ${countWords(late)}…`, detail: "", tone: "info", canTry: false, canRetry: false }
}

/** @param {readonly Entry[]} entries @param {string} room */
function elsewhereWords(entries, room) {
  const rooms = [...new Set(entries.map((entry) => entry.room))]
  const names = new Set(rooms.map((name) => (accessOf(name) === "public" ? `#${name}` : "another room")))
  return rooms.some((name) => name !== room) ? ` in ${[...names].join(", ")}` : ""
}
