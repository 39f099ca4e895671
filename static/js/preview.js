// @ts-check
// Predicts the blocks that the server will make of a text, so that a waiting message has the same
// height as when it is delivered. Pure. It considers only what changes the height: emphasis, links and
// nested lists are left to the server (chat/rooms/markup.py).

/** @typedef {{ kind: "p" | "pre", text: string }} Text */
/** @typedef {{ kind: "ul" | "ol", start: number, items: string[] }} List */
/** @typedef {{ kind: "blockquote", blocks: Block[] }} Quote */
/** @typedef {Text | List | Quote} Block */

const FENCE = /^ {0,3}(`{3,}|~{3,})/
const QUOTE = /^ {0,3}> ?/
// A line of list markers alone is text, as on the server (chat/rooms/lists.py).
const BULLET = /^ {0,3}(?!(?:(?:[-+*]|\d{1,9}[.)])(?:\s+|$))+$)([-+*])[ \t]+/
const NUMBER = /^ {0,3}(?!(?:(?:[-+*]|\d{1,9}[.)])(?:\s+|$))+$)(\d{1,9})[.)][ \t]+/

/** Return the blocks of `text`, in order. @param {string} text @returns {Block[]} */
export function blocksOf(text) {
  const lines = text.split(/\r\n|\r|\n/)
  const blocks = blocksOfLines(lines)
  if (blocks.some(hasText)) return blocks
  // The text is markup alone, which would leave nothing visible, so show it as it is.
  return [{ kind: "p", text: lines.map((line) => line.trim()).join("\n").trim() }]
}

/** @param {Block} block @returns {boolean} */
function hasText(block) {
  if (block.kind === "blockquote") return block.blocks.some(hasText)
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
  blocks.push({ kind: "pre", text: inside.join("\n") })
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
  blocks.push({ kind: bullet ? "ul" : "ol", start, items })
  return at
}

/** @param {string[]} lines @param {number} at @param {Block[]} blocks @returns {Next} */
function parseParagraph(lines, at, blocks) {
  const inside = [lines[at++].trim()]
  while (at < lines.length && lines[at].trim() !== "" && !interrupts(lines[at])) inside.push(lines[at++].trim())
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
