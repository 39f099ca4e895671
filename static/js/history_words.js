// @ts-check
// Describes the history of a connection in words. Pure.

import { serverWords } from "./refusals.js"
import { locale, t } from "./texts.js"
import { TRANSPORT_NAMES } from "./wording.js"

/** @import { Status } from "./engine/engine.js" */
/** @import { HistoryEntry } from "./engine/history.js" */

const tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 })

/** Return a time span in words. @param {number} ms */
export function spanWords(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${tenths.format(ms / 1000)} s`
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`
  return `${tenths.format(ms / 3_600_000)} h`
}

/** Return the current transport and the next step. @param {Status} status @param {readonly HistoryEntry[]} history @param {number} now_ms */
export function nowWords({ state, transport, isLowPower, isOffline, reason }, history, now_ms) {
  if (isOffline) return t("The browser says that this device has no network. Parley tries again when it has one.")
  if (state === "waiting") return reason ? t("Not connected: {reason}. Parley goes on trying.", { reason }) : t("No answer. Parley goes on trying.")
  if (state === "closed") return reason ? t("Not connected: {reason}.", { reason: serverWords(reason) }) : t("The server said goodbye.")
  if (state !== "connected" || !transport) return t("Looking for what gets through…")
  const entry = history.findLast((one) => one.transport === transport && one.proven_ms !== null && !one.outcome)
  const way = TRANSPORT_NAMES[transport]
  const span = entry && spanWords(Math.max(0, now_ms - entry.startedAt_ms - (entry.proven_ms ?? 0)))
  const over = span ? t("Messages come over {way} for {span}.", { way, span }) : t("Messages come over {way}.", { way })
  if (isLowPower) return `${over} ${t("To save power it is asked once a minute, until you look again.")}`
  return transport === "websocket" ? over : `${over} ${t("What would be better is tried again in the background.")}`
}

/** Return one attempt in words. @param {HistoryEntry} entry @returns {{ title: string, text: string, isGood: boolean }} */
export function attemptWords({ transport, role, proven_ms, ended_ms, outcome, detail }) {
  const isProven = proven_ms !== null
  const took = spanWords(proven_ms ?? 0)
  const after = spanWords(ended_ms ?? 0)
  const lived = spanWords((ended_ms ?? 0) - (proven_ms ?? 0))
  if (transport === "negotiate") {
    const text = isProven ? t("Answered in {span}.", { span: took }) : ended_ms === null ? t("Under way…") : t("No answer: {reason}.", { reason: detail })
    return { title: t("Asking the server"), text, isGood: isProven }
  }
  const way = TRANSPORT_NAMES[transport]
  const because = detail ? ` (${detail})` : ""
  /** @type {Record<string, string>} */ const ends = {
    "": isProven ? t("It worked after {span}.", { span: took }) : t("Under way…"),
    closed: isProven ? t("It worked after {span}, and was let go {later} later.", { span: took, later: lived }) : t("Let go after {span}: another was there first.", { span: after }),
    refused: t("It was refused after {span}{why}.", { span: after, why: because }),
    silent: t("Nothing came through it within {span}.", { span: after }),
    unanswered: t("It brought messages, but what was sent up had no answer within {span}.", { span: after }),
    died: t("It worked after {span}, and was cut {later} later{why}.", { span: took, later: lived, why: because }),
    lost: t("It fell silent; it had worked for {span}.", { span: lived }),
    goodbye: t("The server said goodbye after {span}{why}.", { span: after, why: because }),
  }
  const isGood = isProven && (outcome === "" || outcome === "closed")
  return { title: titleOf(way, role), text: ends[outcome], isGood }
}

/** @param {string} way @param {HistoryEntry["role"]} role */
function titleOf(way, role) {
  switch (role) {
    case "upgrade":
      return t("{way}, in the background", { way })
    case "renewal":
      return t("{way}, once more", { way })
    case "low power":
      return t("{way}, to save power", { way })
    default:
      return way
  }
}
