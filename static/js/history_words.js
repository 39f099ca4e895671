// @ts-check
// Describes the history of a connection in words. Pure.

import { TRANSPORT_NAMES } from "./wording.js"

/** @import { Status } from "./engine/engine.js" */
/** @import { HistoryEntry } from "./engine/history.js" */

/** Return a time span in words. @param {number} ms */
export function spanWords(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`
  return `${(ms / 3_600_000).toFixed(1)} h`
}

/** Return the current transport and the next step. @param {Status} status @param {readonly HistoryEntry[]} history @param {number} now_ms */
export function nowWords({ state, transport, isLowPower, isOffline, reason }, history, now_ms) {
  if (isOffline) return "The browser says that this device has no network. Parley tries again when it has one."
  if (state === "waiting") return `Not connected: ${reason || "no answer"}. Parley goes on trying.`
  if (state === "closed") return `Not connected: ${reason || "the server said goodbye"}.`
  if (state !== "connected" || !transport) return "Looking for what gets through…"
  const entry = history.findLast((one) => one.transport === transport && one.proven_ms !== null && !one.outcome)
  const since = entry ? ` for ${spanWords(Math.max(0, now_ms - entry.startedAt_ms - (entry.proven_ms ?? 0)))}` : ""
  const over = `Messages come over ${TRANSPORT_NAMES[transport]}${since}.`
  if (isLowPower) return `${over} To save power it is asked once a minute, until you look again.`
  return transport === "websocket" ? over : `${over} What would be better is tried again in the background.`
}

/** Return one attempt in words. @param {HistoryEntry} entry @returns {{ title: string, text: string, isGood: boolean }} */
export function attemptWords({ transport, role, proven_ms, ended_ms, outcome, detail }) {
  const isProven = proven_ms !== null
  const took = spanWords(proven_ms ?? 0)
  const after = spanWords(ended_ms ?? 0)
  const lived = spanWords((ended_ms ?? 0) - (proven_ms ?? 0))
  if (transport === "negotiate") {
    const text = isProven ? `Answered in ${took}.` : ended_ms === null ? "Under way…" : `No answer: ${detail}.`
    return { title: "Asking the server", text, isGood: isProven }
  }
  const title = TRANSPORT_NAMES[transport] + BEGUN[role]
  const because = detail ? ` (${detail})` : ""
  /** @type {Record<string, string>} */ const ends = {
    "": isProven ? `It worked after ${took}.` : "Under way…",
    closed: isProven ? `It worked after ${took}, and was let go ${lived} later.` : `Let go after ${after}: another was there first.`,
    refused: `It was refused after ${after}${because}.`,
    silent: `Nothing came through it within ${after}.`,
    unanswered: `It brought messages, but what was sent up had no answer within ${after}.`,
    died: `It worked after ${took}, and was cut ${lived} later${because}.`,
    lost: `It fell silent; it had worked for ${lived}.`,
    goodbye: `The server said goodbye after ${after}${because}.`,
  }
  const isGood = isProven && (outcome === "" || outcome === "closed")
  return { title, text: ends[outcome], isGood }
}

const BEGUN = { race: "", upgrade: ", in the background", renewal: ", once more", "low power": ", to save power" }
