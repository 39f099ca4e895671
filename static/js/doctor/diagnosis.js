// @ts-check
// Explains the measurements of a network in words. Pure.

import { spanWords } from "../history_words.js"
import { TRANSPORT_NAMES } from "../wording.js"

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
 * @property {number | null} plain_ms the time of a plain request; null if none was answered
 * @property {number | null} post_ms the time of a command by POST; null if none was answered
 * @property {boolean} isStoreAway the server can't read its messages now
 * @property {string} limit the server's message if it limits this user or address now; else ""
 * @property {Finding[]} transports in the order in which they are preferred
 */
/** @typedef {{ headline: string, sentences: string[], advice: string[] }} Diagnosis */

const SLOW_POST_MS = 1000 // more than any round trip on earth

/** @param {Findings} findings @returns {Diagnosis} */
export function diagnose(findings) {
  const { plain_ms, post_ms, isStoreAway, limit, transports } = findings
  if (plain_ms === null) {
    return {
      headline: "Nothing gets through: the server answers no request from here.",
      sentences: ["Either this device has no network, or the server is away, or something on the way lets nothing pass."],
      advice: ["See whether other pages load, and whether the server runs."],
    }
  }
  const working = transports.find(({ outcome }) => outcome === "")
  const failed = transports.filter(({ outcome, why }) => outcome !== "" && why !== "")
  const troubles = failed.map((one) => TROUBLES[one.transport](one, spanWords(one.ended_ms - (one.proven_ms ?? 0))))
  const posts = postTrouble(plain_ms, post_ms)
  const servers = [...(isStoreAway ? [STORE_TROUBLE] : []), ...(limit ? [limitTrouble(limit)] : [])]
  const all = servers.length > 0 ? servers : [...troubles, ...(posts ? [posts] : []), ...oldProxy(findings)]
  const off = transports.filter(({ why }) => why === "").map(({ transport }) => `${TRANSPORT_NAMES[transport]} is switched off on this server.`)
  return {
    headline: headline(working, all.length === 0, plain_ms),
    sentences: [...all.map(({ sentence }) => sentence), ...off],
    advice: [...new Set(all.flatMap(({ advice }) => advice))],
  }
}

/** @param {Finding | undefined} working @param {boolean} isWell @param {number} plain_ms */
function headline(working, isWell, plain_ms) {
  if (!working) return "Pages load from here, but no messages get through now."
  const over = `Messages come over ${TRANSPORT_NAMES[working.transport]}`
  if (isWell && working.transport === "websocket") return `All is well. ${over}.`
  if (working.transport === "longpoll") return `${over}, up to ${spanWords(plain_ms)} later than they would otherwise.`
  return working.transport === "sse" ? `${over}, at once.` : `${over}.`
}

/** @typedef {{ sentence: string, advice: string[] }} Trouble */

const UPGRADES = "Let requests with “Upgrade: websocket” to /chat pass unchanged (HTTP/1.1)."
const STREAMS = "Don't buffer responses of type text/event-stream; the server sends “X-Accel-Buffering: no”."
const IDLE = "Let connections be idle for 30 s and live for an hour."
const POSTS = "Let POST requests to /send pass at once; a scanner may take its time on files, these are a few hundred bytes."

/** @type {Trouble} */ const STORE_TROUBLE = {
  sentence: "The server is there, but can't reach its store of messages at the moment. Your network is not the cause.",
  advice: ["Tell whoever runs the server; /readyz says more."],
}

/** @param {string} words the server's message @returns {Trouble} */
function limitTrouble(words) {
  return {
    sentence: `The server limits how much is asked of it from here, and has reached that limit: “${words}” Your network is not the cause.`,
    advice: ["Wait a minute, close other tabs of this chat, and run this again."],
  }
}

/** @type {Record<TransportName, (finding: Finding, lived: string) => Trouble>} */ const TROUBLES = {
  websocket: ({ outcome, isOpen }, lived) => {
    if (outcome === "died") return { sentence: `WebSockets work here, and are cut after ${lived}.`, advice: [UPGRADES, IDLE] }
    if (outcome === "refused") return { sentence: "Your network refuses WebSockets.", advice: [UPGRADES] }
    if (outcome === "unanswered") return { sentence: "A WebSocket brings messages, but takes none.", advice: [UPGRADES] }
    if (isOpen) return { sentence: "Your network lets WebSockets open, and nothing through them.", advice: [UPGRADES] }
    return { sentence: "Your network never answers those who ask for a WebSocket.", advice: [UPGRADES] }
  },
  sse: ({ outcome }, lived) => {
    if (outcome === "died") return { sentence: `Event streams are cut after ${lived}.`, advice: [IDLE] }
    if (outcome === "refused") return { sentence: "Event streams are refused.", advice: [STREAMS] }
    if (outcome === "unanswered") return { sentence: "Event streams work, but what is sent beside them gets no answer.", advice: [POSTS] }
    return { sentence: "A proxy holds back event streams.", advice: [STREAMS] }
  },
  longpoll: ({ outcome }, lived) => {
    if (outcome === "died") return { sentence: `Requests that are held are cut after ${lived}.`, advice: [IDLE] }
    if (outcome === "unanswered") return { sentence: "Polling works, but what is sent beside it gets no answer.", advice: [POSTS] }
    return { sentence: "Even long polling gets no answer.", advice: ["Let GET requests to /poll wait 30 s for their answer."] }
  },
}

/** @param {number} plain_ms @param {number | null} post_ms @returns {Trouble | null} */
function postTrouble(plain_ms, post_ms) {
  if (post_ms === null) return { sentence: "What is sent by POST gets no answer.", advice: [POSTS] }
  if (post_ms - plain_ms < SLOW_POST_MS) return null
  return { sentence: `What is sent by POST takes ${spanWords(post_ms - plain_ms)} longer than other requests.`, advice: [POSTS] }
}

/** @param {Findings} findings @returns {Trouble[]} */
function oldProxy({ transports }) {
  const isOld = transports.some(({ why }) => why.includes("HTTP/1.0"))
  const sentence = "A proxy on the way speaks HTTP/1.0, which has no WebSockets."
  return isOld ? [{ sentence, advice: ["Have the proxy speak HTTP/1.1 to the server (nginx: proxy_http_version 1.1)."] }] : []
}

/** Return the table row of one transport. @param {Finding} finding */
export function rowOf({ transport, outcome, hello_ms, proven_ms, ended_ms, why }) {
  const verdict = why === "" ? "switched off" : outcome === "" ? "works" : outcome === "died" ? "is cut" : "does not work"
  return {
    name: TRANSPORT_NAMES[transport],
    verdict,
    hello: hello_ms === null ? "—" : spanWords(hello_ms),
    proven: proven_ms === null ? "—" : spanWords(proven_ms),
    stayed: proven_ms === null ? "—" : spanWords(ended_ms - proven_ms) + (outcome === "" ? ", as long as watched" : ""),
  }
}

/** Return a report for the network's administrator; it contains nothing secret. @param {Findings} findings @param {Diagnosis} diagnosis */
export function reportOf(findings, { headline, sentences, advice }) {
  const { server, browser, time, plain_ms, post_ms, transports } = findings
  const span = (/** @type {number | null} */ ms) => (ms === null ? "no answer" : spanWords(ms))
  const rows = transports.flatMap((finding) => {
    const { name, verdict, hello, proven, stayed } = rowOf(finding)
    return [`- ${name}: ${verdict}; greeted after ${hello}, proven after ${proven}, stayed ${stayed}`,
      ...(finding.why ? [`  the server ranks it: ${finding.why}`] : [])] // prettier-ignore
  })
  return [
    `Parley's view of the network between this browser and ${server}`,
    `${time}, ${browser}`,
    "", headline, ...sentences,
    "", `A plain request: ${span(plain_ms)}; a command by POST: ${span(post_ms)}`, ...rows,
    ...(advice.length > 0 ? ["", "What would help:", ...advice.map((line) => `- ${line}`)] : []),
  ].join("\n") // prettier-ignore
}
