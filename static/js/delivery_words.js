// @ts-check
// Describes the delivery of outbox entries in words: at each message, and in the bar. Pure.

import { NO_COOKIES, SIGNED_OUT, SOMEBODY_ELSE } from "./codes.js"
import { serverWords, refusalWords } from "./refusals.js"
import { accessOf } from "./room_info.js"
import { list, locale, t, tn } from "./texts.js"

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
  if (state === "doubtful") return { text: `${t("Perhaps sent.")} ${reason ?? ""}`, isError: true, actions: ["retry", "discard"] }
  if (state === "sent") return { text: "", isError: false, actions: [] }
  if (connection !== "connected") return { text: OFFLINE[kind], isError: false, actions }
  if (isStoreAway) return { text: STORE_AWAY[kind], isError: false, actions }
  const until_ms = server.closedUntil_ms?.(room) ?? 0
  if (until_ms > now_ms) return { text: t("slow mode: goes at {time}", { time: new Date(until_ms).toLocaleTimeString(locale) }), isError: false, actions }
  const age_ms = now_ms - written_ms
  return { text: age_ms < SOON_MS ? "" : UNDER_WAY[kind], isError: false, actions: [] }
}

const NOT = { send: t("Not sent."), edit: t("The edit was not saved."), delete: t("Not deleted."), react: t("The reaction was not saved.") }
const OFFLINE = { send: t("waiting for the connection"), edit: t("edit waiting for the connection"), delete: t("deletion waiting for the connection"), react: t("reaction waiting for the connection") }
const STORE_AWAY = { send: t("waiting for the server"), edit: t("edit waiting for the server"), delete: t("deletion waiting for the server"), react: t("reaction waiting for the server") }
const UNDER_WAY = { send: t("sending…"), edit: t("edit saving…"), delete: t("deletion saving…"), react: t("reaction saving…") }
export const ACTION_WORDS = { retry: t("Retry"), edit: t("Edit"), discard: t("Delete") }

/** Return the label of the button that discards an entry. @param {Entry} entry */
export function discardWords({ kind }) {
  return kind === "send" ? t("Delete") : t("Undo")
}

/**
 * Return the content of the bar, or null if there is nothing to report.
 * @param {{ connection: Connection, isStoreAway: boolean }} server @param {Status} status
 * @param {{ entries: readonly Entry[], isKept: boolean, room: string }} outbox room: the one shown
 * @param {number} now_ms @returns {Bar | null}
 */
export function barOf({ connection, isStoreAway }, status, { entries, isKept, room }, now_ms) {
  const waiting = entries.filter(({ state }) => state === "waiting")
  const tail = (/** @type {Back} */ back) => waitingWords(waiting, back, isKept)
  switch (connection) {
    case "offline":
      return { text: t("You are offline: this device has no network."), detail: tail("device"), tone: "error", canTry: true, canRetry: false }
    case "away":
      return { text: awayWords(status, now_ms), detail: tail("server"), tone: "error", canTry: status.state === "waiting", canRetry: false }
    case "closed": {
      if (status.code === NO_COOKIES || status.code === SOMEBODY_ELSE) return null // a dialog says it
      const reason = (serverWords(status.reason ?? "") || t("the server said goodbye")).replace(/\.$/, "")
      return { text: t("Disconnected: {reason}.", { reason }), detail: "", tone: "error", canTry: status.code !== SIGNED_OUT, canRetry: false }
    }
    case "connected":
      if (!isStoreAway) return stuckBar(entries, room, now_ms)
      return { text: t("The server can't save messages right now."), detail: tail("store"), tone: "error", canTry: false, canRetry: false }
    default:
      return null
  }
}

/** @param {Status} status @param {number} now_ms */
function awayWords({ state, wait_ms = 0, retryAt_ms = 0, refusal }, now_ms) {
  if (refusal) return refusalWords({ code: refusal })
  if (state !== "waiting") return t("The server can't be reached. Trying now…")
  const left_s = wait_ms < SHORT_WAIT_MS ? 0 : Math.ceil((retryAt_ms - now_ms) / 1000)
  return left_s > 0 ? t("The server can't be reached. Trying again in {wait}.", { wait: `${left_s}\u00a0s` }) : t("The server can't be reached. Trying again…")
}

/** @typedef {"device" | "server" | "store"} Back what has to come back */

/** @param {readonly Entry[]} waiting @param {Back} back @param {boolean} isKept */
function waitingWords(waiting, back, isKept) {
  const words = waiting.length === 0 ? KEPT[back] : keptWords(waiting.length, back, countWords(waiting))
  return isKept ? words : `${words} ${t("Keep this page open: this browser stores nothing.")}`
}

const KEPT = {
  device: t("What you write is kept, and sent when you are back."),
  server: t("What you write is kept, and sent when it is back."),
  store: t("What you write is kept, and sent when it can."),
}

/** @param {number} count @param {Back} back @param {string} what */
function keptWords(count, back, what) {
  switch (back) {
    case "device":
      return tn(count, "{what} is kept, and sent when you are back.", "{what} are kept, and sent in order when you are back.", { what })
    case "server":
      return tn(count, "{what} is kept, and sent when it is back.", "{what} are kept, and sent in order when it is back.", { what })
    case "store":
      return tn(count, "{what} is kept, and sent when it can.", "{what} are kept, and sent in order when it can.", { what })
  }
}

/** Say what signing out would drop. @param {readonly Entry[]} unsent */
export function droppedWords(unsent) {
  return tn(unsent.length, "{what} is not sent yet. If you sign out all the same, it is lost.", "{what} are not sent yet. If you sign out all the same, they are lost.", { what: countWords(unsent) })
}

/** @param {readonly Entry[]} entries */
function countWords(entries) {
  const messages = entries.filter(({ kind }) => kind === "send").length
  const changes = entries.length - messages
  const parts = [messages > 0 ? tn(messages, "{count} message", "{count} messages") : "", changes > 0 ? tn(changes, "{count} change", "{count} changes") : ""]
  return list.format(parts.filter(Boolean))
}

/**
 * Return the bar for refused, doubtful or late entries while the connection and the store work.
 * @param {readonly Entry[]} entries @param {string} room @param {number} now_ms @returns {Bar | null}
 */
function stuckBar(entries, room, now_ms) {
  const refused = entries.filter(({ state }) => state === "refused")
  const doubtful = entries.filter(({ state }) => state === "doubtful")
  if (refused.length + doubtful.length > 0) {
    const sentences = [refused.length > 0 ? refusedWords(refused, room) : "", doubtful.length > 0 ? doubtfulWords(doubtful, room) : ""]
    return { text: sentences.filter(Boolean).join(" "), detail: "", tone: "error", canTry: false, canRetry: refused.length > 0 }
  }
  const late = entries.filter(({ state, written_ms }) => state === "waiting" && now_ms - written_ms >= SOON_MS)
  if (late.length === 0) return null
  return { text: t("Sending {what}…", { what: countWords(late) }), detail: "", tone: "info", canTry: false, canRetry: false }
}

/** @param {readonly Entry[]} entries @param {string} room */
function refusedWords(entries, room) {
  const values = { what: countWords(entries), rooms: elsewhereWords(entries, room) }
  if (values.rooms === "") return tn(entries.length, "{what} was not sent.", "{what} were not sent.", values)
  return tn(entries.length, "{what} in {rooms} was not sent.", "{what} in {rooms} were not sent.", values)
}

/** @param {readonly Entry[]} entries @param {string} room */
function doubtfulWords(entries, room) {
  const values = { what: countWords(entries), rooms: elsewhereWords(entries, room) }
  if (values.rooms === "") return tn(entries.length, "{what} may have been sent: decide there.", "{what} may have been sent: decide there.", values)
  return tn(entries.length, "{what} in {rooms} may have been sent: decide there.", "{what} in {rooms} may have been sent: decide there.", values)
}

/** Return where the entries are, if one is in another room than the one shown. @param {readonly Entry[]} entries @param {string} room */
function elsewhereWords(entries, room) {
  const rooms = [...new Set(entries.map((entry) => entry.room))]
  const names = new Set(rooms.map((name) => (accessOf(name) === "public" ? `#${name}` : t("another room"))))
  return rooms.some((name) => name !== room) ? [...names].join(", ") : ""
}
