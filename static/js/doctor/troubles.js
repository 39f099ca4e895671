// @ts-check
// What can be wrong with a network: how it is said, and what whoever runs it can do. Pure.

import { spanWords } from "../history_words.js"
import { t } from "../texts.js"

/** @import { TransportName } from "../engine/policy.js" */
/** @import { Finding, Findings } from "./diagnosis.js" */

/** @typedef {{ sentence: string, advice: string[] }} Trouble advice: for whoever runs the network */

const SLOW_POST_MS = 1000 // more than any round trip on earth

const UPGRADES = t("Let requests with “Upgrade: websocket” to /chat pass unchanged (HTTP/1.1).")
const STREAMS = t("Don't buffer responses of type text/event-stream; the server sends “X-Accel-Buffering: no”.")
const IDLE = t("Let connections be idle for 30 s and live for an hour.")
const POSTS = t("Let POST requests to /send pass at once; a scanner may take its time on files, these are a few hundred bytes.")
const POLLS = t("Let GET requests to /poll wait 30 s for their answer.")
const NEWER_HTTP = t("Have the proxy speak HTTP/1.1 to the server (nginx: proxy_http_version 1.1).")

/** @type {Trouble} */ export const STORE_TROUBLE = {
  sentence: t("The server can’t reach its store of messages."),
  advice: [t("Look at /readyz of the server: it says what is away.")],
}

/** @param {string} words the server's message @returns {Trouble} */
export function limitTrouble(words) {
  return {
    sentence: t("The server limits how much is asked of it from here, and has reached that limit: “{words}”", { words }),
    advice: [t("Many people may share this address: the server’s limits for one address can be raised.")],
  }
}

/** Return what is wrong with a transport that failed. @param {Finding} finding @returns {Trouble} */
export function troubleOf(finding) {
  return TROUBLES[finding.transport](finding, spanWords(finding.ended_ms - (finding.proven_ms ?? 0)))
}

/** @type {Record<TransportName, (finding: Finding, span: string) => Trouble>} span: how long it lived */ const TROUBLES = {
  websocket: ({ outcome, isOpen }, span) => {
    if (outcome === "died") return { sentence: t("WebSockets work here, and are cut after {span}.", { span }), advice: [UPGRADES, IDLE] }
    if (outcome === "refused") return { sentence: t("Your network refuses WebSockets."), advice: [UPGRADES] }
    if (outcome === "unanswered") return { sentence: t("A WebSocket brings messages, but takes none."), advice: [UPGRADES] }
    if (isOpen) return { sentence: t("Your network lets WebSockets open, and nothing through them."), advice: [UPGRADES] }
    return { sentence: t("Your network never answers those who ask for a WebSocket."), advice: [UPGRADES] }
  },
  sse: ({ outcome }, span) => {
    if (outcome === "died") return { sentence: t("Event streams are cut after {span}.", { span }), advice: [IDLE] }
    if (outcome === "refused") return { sentence: t("Event streams are refused."), advice: [STREAMS] }
    if (outcome === "unanswered") return { sentence: t("Event streams work, but what is sent beside them gets no answer."), advice: [POSTS] }
    return { sentence: t("A proxy holds back event streams."), advice: [STREAMS] }
  },
  longpoll: ({ outcome }, span) => {
    if (outcome === "died") return { sentence: t("Requests that are held are cut after {span}.", { span }), advice: [IDLE] }
    if (outcome === "unanswered") return { sentence: t("Polling works, but what is sent beside it gets no answer."), advice: [POSTS] }
    return { sentence: t("Even long polling gets no answer."), advice: [POLLS] }
  },
}

/** @param {number} plain_ms @param {number | null} post_ms @returns {Trouble | null} */
export function postTrouble(plain_ms, post_ms) {
  if (post_ms === null) return { sentence: t("What is sent by POST gets no answer."), advice: [POSTS] }
  if (post_ms - plain_ms < SLOW_POST_MS) return null
  return { sentence: t("What is sent by POST takes {span} longer than other requests.", { span: spanWords(post_ms - plain_ms) }), advice: [POSTS] }
}

/** @param {Findings} findings @returns {Trouble[]} */
export function oldProxy({ transports }) {
  const isOld = transports.some(({ why }) => why.includes("HTTP/1.0"))
  return isOld ? [{ sentence: t("A proxy on the way speaks HTTP/1.0, which has no WebSockets."), advice: [NEWER_HTTP] }] : []
}
