// @ts-check
// Predicts the tables that the server will make of a text, as preview.js does the other blocks. Pure.

/** @import { Block, Next } from "./preview.js" */

/** @typedef {{ kind: "table", aligns: string[], rows: string[][] }} Table its first row is the head */

const MAX_CELLS = 500 // as in chat/rooms/tables.py
const RULE = /^ {0,3}(?:[-:|][-:|]|[:|]\s)[-:|\s]*$/
const RULE_CELL = /^:?-+:?$/
const PIPE = /(?<!\\)\|/

/** Return whether a table begins at a line: a head, and a rule below with as many columns. @param {readonly string[]} lines @param {number} at */
export function isTable(lines, at) {
  if (!lines[at].includes("|") || !RULE.test(lines[at + 1] ?? "")) return false
  if (lines[at].split("|").length * (lines.length - at) > MAX_CELLS) return false
  const rule = cellsOf(lines[at + 1])
  return rule.length === cellsOf(lines[at]).length && rule.every((cell) => RULE_CELL.test(cell))
}

/** @param {readonly string[]} lines @param {number} at @param {(line: string) => boolean} ends @param {Block[]} blocks @returns {Next} */
export function parseTable(lines, at, ends, blocks) {
  const aligns = cellsOf(lines[at + 1]).map(alignOf)
  const rows = [cellsOf(lines[at])]
  for (at += 2; at < lines.length && lines[at].trim() !== "" && !ends(lines[at]); at++) rows.push(cellsOf(lines[at]))
  blocks.push({ kind: "table", aligns, rows })
  return at
}

/** @param {string} line */
function cellsOf(line) {
  const cells = line.trim().split(PIPE).map((cell) => cell.trim().replaceAll("\\|", "|"))
  if (cells[0] === "") cells.shift()
  if (cells.at(-1) === "") cells.pop()
  return cells
}

/** @param {string} rule */
function alignOf(rule) {
  if (rule.endsWith(":")) return rule.startsWith(":") ? "center" : "right"
  return rule.startsWith(":") ? "left" : ""
}
