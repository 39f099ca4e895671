// @ts-check
// The result of an examination as a table and as a plain text to send to somebody. Pure.

import { TRANSPORTS } from "../engine/policy.js"
import { spanWords } from "../history_words.js"
import { t } from "../texts.js"
import { TRANSPORT_NAMES } from "../wording.js"

/** @import { Diagnosis, Finding, Findings } from "./diagnosis.js" */

/** @typedef {"works" | "cut" | "fails" | "off"} Result */

/** @type {Record<Result, string>} */
const RESULTS = { works: t("works"), cut: t("is cut"), fails: t("does not work"), off: t("is switched off") }
const NONE = "—"
const OPEN = "…"

/** Return the table's rows as long as nothing is found. */
export function openRows() {
  return TRANSPORTS.map((transport) => ({ name: TRANSPORT_NAMES[transport], result: "", verdict: OPEN, hello: OPEN, proven: OPEN, stayed: OPEN }))
}

/** Return the table's rows, one for each transport; none if nothing could be tried. @param {Findings} findings */
export function rowsOf({ plain_ms, transports }) {
  return plain_ms === null ? [] : transports.map(rowOf)
}

/** @param {Finding} finding */
function rowOf({ transport, outcome, hello_ms, proven_ms, ended_ms, why }) {
  /** @type {Result} */ const result = why === "" ? "off" : outcome === "" ? "works" : outcome === "died" ? "cut" : "fails"
  const stayed = proven_ms === null ? NONE : spanWords(ended_ms - proven_ms)
  return {
    name: TRANSPORT_NAMES[transport],
    result,
    verdict: RESULTS[result],
    hello: hello_ms === null ? NONE : spanWords(hello_ms),
    proven: proven_ms === null ? NONE : spanWords(proven_ms),
    why,
    stayed: result === "works" && proven_ms !== null ? t("{span}, as long as watched", { span: stayed }) : stayed,
  }
}

/** Return a report of what was tried and found, by which browser, when and where; it contains nothing secret. @param {Findings} findings @param {Diagnosis} diagnosis */
export function reportOf(findings, { headline, meaning, sentences, advice }) {
  const { server, instance, browser, time, plain_ms, post_ms } = findings
  const span = (/** @type {number | null} */ ms) => (ms === null ? t("no answer") : spanWords(ms))
  const nobody = t("none answered")
  const rows = rowsOf(findings).flatMap((row) => {
    const line = t("{name}: {verdict}; greeted after {hello}, proven after {proven}, stayed {stayed}", row)
    return [item(line), ...(row.why ? ["  " + t("the server ranks it: {why}", row)] : [])]
  })
  return [
    t("What Parley found on the network between a browser and {server}", { server }),
    "",
    t("Time: {time}", { time }),
    t("Browser: {browser}", { browser }),
    t("Instance of the server: {instance}", { instance: instance || nobody }),
    "", headline, meaning, ...sentences.map(item),
    "", t("What was tried:"),
    item(t("A plain request: {span}", { span: span(plain_ms) })),
    item(t("A command by POST: {span}", { span: span(post_ms) })),
    ...rows,
    ...(advice.length > 0 ? ["", t("What would help, for whoever runs the network or the server:"), ...advice.map(item)] : []),
  ].join("\n") // prettier-ignore
}

/** @param {string} line */
function item(line) {
  return `- ${line}`
}
