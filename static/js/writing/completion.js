// @ts-check
// What is being completed at the place where somebody writes, and what takes its place. Pure.

/** @typedef {"person" | "emoji" | "room" | "command"} Kind */
/** @typedef {{ kind: Kind, query: string, start: number, end: number, isClosed?: boolean }} Completing start: of the sign; isClosed: `:name:`, written to its end */

// A sign inside a word is none, as for the server's mentions (chat/rooms/mentions.py). Names of people
// and titles of rooms may have spaces; what fits none of them offers nothing.
const BEFORE = "(?<![\\p{L}\\p{N}\\p{M}_-])"
/** @type {readonly (readonly [Kind, RegExp])[]} */
const PATTERNS = [
  ["command", /^\/(\p{L}*)$/u],
  ["person", new RegExp(`${BEFORE}[@＠﹫]((?! )[^\\n@＠﹫]{0,40})$`, "u")],
  ["room", new RegExp(`${BEFORE}#((?! )[^\\n#]{0,80})$`, "u")],
  ["emoji", new RegExp(`(?<![\\p{L}\\p{N}\\p{M}_:/])[:：](?=.{2})([\\p{L}\\p{M}\\p{N}_+-]+)(:?)$`, "u")],
]
const LONGEST = 100 // of what is looked at before the caret

/** Return what is being completed in `text` before the caret, or null. @param {string} text @param {number} caret @returns {Completing | null} */
export function completionAt(text, caret) {
  const from = Math.max(0, caret - LONGEST)
  const before = text.slice(from, caret)
  for (const [kind, pattern] of PATTERNS) {
    if (kind === "command" && from > 0) continue
    const found = pattern.exec(before)
    if (!found) continue
    const [, query, end = ""] = found
    return { kind, query, start: from + found.index, end: caret, ...(end ? { isClosed: true } : {}) }
  }
  return null
}

/** Return what takes the place of what was being completed, with one space behind, and where that place ends. @param {string} text @param {Completing} completing @param {string} insert */
export function replacement(text, { end }, insert) {
  const hasSpace = /^[^\S\n]/.test(text.slice(end))
  return { text: `${insert} `, end: hasSpace ? end + 1 : end }
}
