// @ts-check
// Explains the measurements of a network to people: what it means, what they can do, what was found. Pure.

import { spanWords } from "../history_words.js"
import { t } from "../texts.js"
import { TRANSPORT_NAMES } from "../wording.js"
import { limitTrouble, oldProxy, postTrouble, STORE_TROUBLE, troubleOf } from "./troubles.js"

/** @import { TransportName } from "../engine/policy.js" */
/** @import { Kind } from "../engine/attempt.js" */

/**
 * @typedef {object} Finding of one transport
 * @property {TransportName} transport
 * @property {"" | Kind} outcome "" if it was proven and did not end
 * @property {boolean} isOpen its handshake succeeded
 * @property {number | null} hello_ms @property {number | null} proven_ms
 * @property {number} ended_ms when it failed, or how long it was watched
 * @property {string} why the server's reason for its rank; "" if it was not offered
 */
/**
 * @typedef {object} Findings
 * @property {string} server @property {string} browser @property {string} time
 * @property {string} instance the server's instance that greeted last; "" if none did
 * @property {number | null} plain_ms the time of a plain request; null if none was answered
 * @property {number | null} post_ms the time of a command by POST; null if none was answered
 * @property {boolean} isStoreAway the server can't read its messages now
 * @property {string} limit the server's message if it limits this user or address now; else ""
 * @property {Finding[]} transports in the order in which they are preferred
 */
/**
 * @typedef {object} Diagnosis
 * @property {string} headline @property {string} meaning what it means for people
 * @property {string[]} steps what they can do
 * @property {string[]} sentences what was found
 * @property {string[]} advice for whoever runs the network
 */
/** @typedef {{ headline: string, meaning: string, steps: string[] }} Verdict */

const TELL = t("If it goes on, copy the report below and send it to the owner of this site.")
const TRY_ANOTHER = t("Try another network, such as that of your phone. If the chat works there, your network is the cause: send the report below to whoever runs it.")

/** @param {Findings} findings @returns {Diagnosis} */
export function diagnose(findings) {
  const { plain_ms, post_ms, isStoreAway, limit, transports } = findings
  if (plain_ms === null) return { ...unreachable(), sentences: [], advice: [] }
  const failed = transports.filter(({ outcome, why }) => outcome !== "" && why !== "")
  const posts = postTrouble(plain_ms, post_ms)
  const servers = [...(isStoreAway ? [STORE_TROUBLE] : []), ...(limit ? [limitTrouble(limit)] : [])]
  const all = servers.length > 0 ? servers : [...failed.map(troubleOf), ...(posts ? [posts] : []), ...oldProxy(findings)]
  const off = transports.filter(({ why }) => why === "").map(({ transport }) => t("{way} is switched off on this server.", { way: TRANSPORT_NAMES[transport] }))
  return {
    ...verdictOf(findings, all.length === 0),
    sentences: [...all.map(({ sentence }) => sentence), ...off],
    advice: [...new Set(all.flatMap(({ advice }) => advice))],
  }
}

/** @returns {Verdict} */
function unreachable() {
  return {
    headline: t("Nothing gets through."),
    meaning: t("The server answers no request from here. Either this device has no network, or the server is away, or something on the way lets nothing pass."),
    steps: [t("See whether other pages load. If they do not, the connection of this device is the cause."), t("If they do, wait a few minutes and run this again."), TRY_ANOTHER, TELL],
  }
}

/** @param {Findings} findings @param {boolean} isWell nothing is wrong @returns {Verdict} */
function verdictOf({ plain_ms, isStoreAway, limit, transports }, isWell) {
  const working = transports.find(({ outcome }) => outcome === "")
  if (isStoreAway) return {
    headline: t("The server has a problem; your network is not the cause."),
    meaning: t("It is there, but can’t reach its store of messages right now. What you write is kept in your browser until it can."),
    steps: [t("Wait a few minutes and run this again."), TELL],
  } // prettier-ignore
  if (limit) return {
    headline: t("The server limits how much comes from here; your network is not the cause."),
    meaning: t("It has had too many requests or connections from you or your address, and lets no more in for now."),
    steps: [t("Close other tabs of this chat, wait a minute, and run this again."), TELL],
  } // prettier-ignore
  if (!working) return {
    headline: t("The chat does not work on this network right now."),
    meaning: t("Pages load, but no messages get through."),
    steps: [TRY_ANOTHER, TELL],
  } // prettier-ignore
  const way = TRANSPORT_NAMES[working.transport]
  const isPolling = working.transport === "longpoll"
  const meaning = isPolling
    ? t("Messages come over {way}, up to {span} later than they would otherwise.", { way, span: spanWords(plain_ms ?? 0) })
    : t("Messages come over {way}, at once.", { way })
  if (isWell) return { headline: t("All is well."), meaning, steps: [] }
  return { headline: WORKS[working.transport], meaning, steps: [GO_ON] }
}

/** @type {Record<TransportName, string>} */ const WORKS = {
  websocket: t("The chat works here, but not everything gets through well."),
  sse: t("The chat works here, by its second way."),
  longpoll: t("The chat works here, by its third way."),
}
const GO_ON = t("There is nothing that you must do. If you like, send the report below to whoever runs your network: it says what would help.")
