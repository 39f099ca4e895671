// @ts-check
// Predicts the blocks that the server will make of a text, so that a waiting message has the same
// height as when it is delivered. Pure. It considers only what changes the height: emphasis, links and
// nested lists are left to the server (chat/rooms/markup.py). tests/texts.json is read by the tests of both.

import { isTable, parseTable } from "./preview_tables.js"

/** @import { Table } from "./preview_tables.js" */

/** @typedef {{ kind: "p", text: string, isEmoji?: boolean }} Paragraph isEmoji: shown large */
/** @typedef {{ kind: "pre", text: string, language: string }} Code */
/** @typedef {{ text: string, box?: "open" | "done" }} ListItem box: of a task */
/** @typedef {{ kind: "ul" | "ol", start: number, items: ListItem[] }} List */
/** @typedef {{ kind: "blockquote", blocks: Block[] }} Quote */
/** @typedef {Paragraph | Code | List | Quote | Table} Block */

const MAX_LARGE_EMOJI = 6
const EMOJI = new RegExp(`^ *(?:\\p{RGI_Emoji} *){1,${MAX_LARGE_EMOJI}}$`, "v")
const FENCE = /^ {0,3}(`{3,}|~{3,})/
const LANGUAGE = /^ {0,3}(?:`{3,}|~{3,})\s*([A-Za-z][A-Za-z0-9+#._-]{0,19})(?!\S)/
const TASK = /^\[([ xX])\](?=[ \t]+\S)/
const QUOTE = /^ {0,3}> ?/
// A line of list markers alone is text, as on the server (chat/rooms/lists.py).
const BULLET = /^ {0,3}(?!(?:(?:[-+*]|\d{1,9}[.)])(?:\s+|$))+$)([-+*])[ \t]+/
const NUMBER = /^ {0,3}(?!(?:(?:[-+*]|\d{1,9}[.)])(?:\s+|$))+$)(\d{1,9})[.)][ \t]+/

/** Return the blocks of `text`, in order. @param {string} text @returns {Block[]} */
export function blocksOf(text) {
  if (EMOJI.test(text)) return [{ kind: "p", text: text.trim(), isEmoji: true }]
  const lines = text.split(/\r\n|\r|\n/)
  const blocks = blocksOfLines(lines)
  if (blocks.some(hasText)) return blocks
  // The text is markup alone, which would leave nothing visible, so show it as it is.
  return [{ kind: "p", text: lines.map((line) => line.trim()).join("\n").trim() }]
}

/** @param {Block} block @returns {boolean} */
function hasText(block) {
  if (block.kind === "blockquote") return block.blocks.some(hasText)
  if (block.kind === "table") return block.rows.some((row) => row.some((cell) => cell !== ""))
  return "items" in block ? block.items.length > 0 : block.text.trim() !== ""
}

/** @param {string[]} lines @returns {Block[]} */
function blocksOfLines(lines) {
  /** @type {Block[]} */ const blocks = []
  for (let at = 0; at < lines.length; ) {
    const line = lines[at]
    const fence = FENCE.exec(line)?.[1]
    if (line.trim() === "") at++
    else if (fence) at = parseFence(lines, at, fence, blocks)
    else if (isTable(lines, at)) at = parseTable(lines, at, beginsBlock, blocks)
    else if (QUOTE.test(line)) at = parseQuote(lines, at, blocks)
    else if (BULLET.test(line) || NUMBER.test(line)) at = parseList(lines, at, blocks)
    else at = parseParagraph(lines, at, blocks)
  }
  return blocks
}

/** Where the next block may begin. Each parse… function parses the block that begins at `at`. @typedef {number} Next */

/** @param {string[]} lines @param {number} at @param {string} fence @param {Block[]} blocks @returns {Next} */
function parseFence(lines, at, fence, blocks) {
  const isEnd = (/** @type {string} */ line) => FENCE.exec(line)?.[1].startsWith(fence) && line.trim() === FENCE.exec(line)?.[1]
  const end = lines.findIndex((line, n) => n > at && isEnd(line))
  const inside = lines.slice(at + 1, end === -1 ? lines.length : end)
  blocks.push({ kind: "pre", text: inside.join("\n"), language: LANGUAGE.exec(lines[at])?.[1] ?? "" })
  return end === -1 ? lines.length : end + 1
}

/** @param {string[]} lines @param {number} at @param {Block[]} blocks @returns {Next} */
function parseQuote(lines, at, blocks) {
  const inside = []
  // A text line directly after a quoted line belongs to the quote, with or without its marker.
  while (at < lines.length && (QUOTE.test(lines[at]) || (lines[at].trim() !== "" && !beginsBlock(lines[at])))) {
    inside.push(lines[at++].replace(QUOTE, ""))
  }
  blocks.push({ kind: "blockquote", blocks: blocksOfLines(inside) })
  return at
}

/** @param {string[]} lines @param {number} at @param {Block[]} blocks @returns {Next} */
function parseList(lines, at, blocks) {
  const bullet = BULLET.exec(lines[at])?.[1]
  const begins = (/** @type {string} */ line) => (bullet ? BULLET.exec(line)?.[1] === bullet : NUMBER.test(line))
  const start = Number(NUMBER.exec(lines[at])?.[1] ?? 1)
  /** @type {string[]} */ const items = []
  for (; at < lines.length && lines[at].trim() !== ""; at++) {
    if (begins(lines[at])) items.push(lines[at].replace(bullet ? BULLET : NUMBER, "").trim())
    else if (beginsBlock(lines[at])) break
    else items[items.length - 1] += `\n${lines[at].trim()}`
  }
  blocks.push({ kind: bullet ? "ul" : "ol", start, items: items.map(itemOf) })
  return at
}

/** @param {string} text @returns {ListItem} */
function itemOf(text) {
  const box = TASK.exec(text)
  return box ? { text: text.slice(box[0].length), box: box[1] === " " ? "open" : "done" } : { text }
}

/** @param {string[]} lines @param {number} at @param {Block[]} blocks @returns {Next} */
function parseParagraph(lines, at, blocks) {
  const inside = [lines[at++].trim()]
  while (at < lines.length && lines[at].trim() !== "" && !interrupts(lines[at]) && !isTable(lines, at)) inside.push(lines[at++].trim())
  blocks.push({ kind: "p", text: inside.join("\n") })
  return at
}

/** @param {string} line */
function beginsBlock(line) {
  return FENCE.test(line) || QUOTE.test(line) || BULLET.test(line) || NUMBER.test(line)
}

/** Return whether a line ends the paragraph before it. A numbered list does only if it begins with 1. @param {string} line */
function interrupts(line) {
  return FENCE.test(line) || QUOTE.test(line) || BULLET.test(line) || Number(NUMBER.exec(line)?.[1]) === 1
}
