// @ts-check
// A file that was chosen for a message, until that is sent. Pure.
//
//   waiting ──there is a connection──▶ uploading ──▶ ready
//      ▲                                  │
//      ├──no answer, or too much at once──┤
//      └──Retry── failed ◀────────────────┘

import { NoAnswer, Refusal } from "../engine/http.js"
import { backoff_ms } from "../engine/policy.js"
import { sizeWords } from "../file_words.js"
import { PASSING, noAnswerWords, refusalWords } from "../refusals.js"
import { t } from "../texts.js"

/** @import { FileInfo } from "../file_words.js" */

/**
 * @typedef {object} Attachment
 * @property {number} id @property {string} name @property {number} bytes
 * @property {"waiting" | "uploading" | "ready" | "failed"} state
 * @property {File} [file] until it is uploaded
 * @property {number} sent_bytes @property {number} failures in a row
 * @property {FileInfo} [info] what the server says it is
 * @property {string} [reason] why it failed @property {boolean} [isFinal] trying again can't help
 */

export const MOST = 10 // files of a message, as the server takes them
const MOST_CHARACTERS = 200 // of a name
const MOST_FAILURES = 4
const LONGEST_WAIT_MS = 30_000 // a longer one, such as for another day, is for people to decide

/** @param {number} id @param {File} file @param {number} limit_bytes of a file @returns {Attachment} */
export function attachmentOf(id, file, limit_bytes) {
  const attachment = { id, name: nameOf(file.name), bytes: file.size, sent_bytes: 0, failures: 0 }
  const reason = file.size === 0 ? t("This file is empty.") : file.size > limit_bytes ? t("This file is too large: {size} is the most.", { size: sizeWords(limit_bytes) }) : ""
  return reason ? { ...attachment, state: "failed", reason, isFinal: true } : { ...attachment, state: "waiting", file }
}

/** Return a file that was uploaded before the page was loaded. @param {number} id @param {FileInfo} info @returns {Attachment} */
export function uploadedOf(id, info) {
  return { id, name: info.name, bytes: info.bytes, state: "ready", sent_bytes: info.bytes, failures: 0, info }
}

/** Return a name that the server takes: one line, no path, and nothing that deforms what is around it. @param {string} name */
export function nameOf(name) {
  const clean = name.normalize().replace(/[/\\]/g, "_").replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu, "").trim()
  const characters = [...clean]
  if (/^\.{0,2}$/.test(clean)) return "file"
  if (characters.length <= MOST_CHARACTERS) return clean
  const ending = [.../\.[^.]{1,10}$/u.exec(clean)?.[0] ?? ""]
  return [...characters.slice(0, MOST_CHARACTERS - ending.length), ...ending].join("")
}

/**
 * Return what becomes of an upload that failed, and the wait before it is tried again.
 * @param {Attachment} attachment @param {unknown} error @param {{ isConnected: boolean, random: number }} now
 * @returns {{ attachment: Attachment, wait_ms: number }}
 */
export function failed(attachment, error, { isConnected, random }) {
  const failures = attachment.failures + 1
  const again = (/** @type {number} */ wait_ms) => ({ attachment: /** @type {Attachment} */ ({ ...attachment, state: "waiting", sent_bytes: 0, failures }), wait_ms })
  const over = (/** @type {string} */ reason, isFinal = false) => ({ attachment: /** @type {Attachment} */ ({ ...attachment, state: "failed", sent_bytes: 0, failures: 0, reason, isFinal }), wait_ms: 0 })
  if (error instanceof Refusal) {
    const { code = "", retry_ms = 0 } = error.reply
    const isPassing = PASSING.has(code)
    return isPassing && retry_ms > 0 && retry_ms <= LONGEST_WAIT_MS && failures < MOST_FAILURES ? again(retry_ms) : over(refusalWords(error.reply), !isPassing)
  }
  if (!(error instanceof NoAnswer)) return over(t("This file can’t be read any more: choose it again."), true)
  if (!isConnected) return { ...again(0), attachment: { ...again(0).attachment, failures: 0 } }
  return failures < MOST_FAILURES ? again(backoff_ms(failures, random)) : over(noAnswerWords())
}

/** Return what to say of a file beside its name. @param {Attachment} attachment @param {boolean} isConnected */
export function aboutWords({ state, bytes, sent_bytes, reason = "" }, isConnected) {
  const size = sizeWords(bytes)
  switch (state) {
    case "waiting":
      return isConnected ? t("{size}, waiting", { size }) : t("{size}, waiting for the connection: keep this page open", { size })
    case "uploading":
      // All is sent, but pictures are made anew before the server answers.
      return sent_bytes < bytes ? t("{sent} of {size}", { sent: sizeWords(sent_bytes), size }) : t("{size}, almost there", { size })
    case "ready":
      return size
    case "failed":
      return reason
  }
}
