// @ts-check
// Renders a text before the server has. It is untrusted: it goes only into textContent or text nodes.

import { t } from "../texts.js"

/** @import { Block, ListItem } from "../preview.js" */
/** @import { Table } from "../preview_tables.js" */

/** @param {readonly Block[]} blocks @returns {HTMLElement[]} */
export function renderBlocks(blocks) {
  return blocks.map((block) => {
    if (block.kind === "table") return renderTable(block)
    const element = document.createElement(block.kind)
    switch (block.kind) {
      case "p":
        element.textContent = block.text
        element.classList.toggle("large-emoji", block.isEmoji ?? false)
        break
      case "pre": {
        const code = document.createElement("code")
        code.textContent = block.text === "" ? "" : `${block.text}\n`
        if (block.language) element.dataset.language = block.language
        element.append(code)
        break
      }
      case "blockquote":
        element.append(...renderBlocks(block.blocks))
        break
      default:
        element.append(...block.items.map(renderItem))
        if (element instanceof HTMLOListElement) element.start = block.start
    }
    return element
  })
}

/** @param {ListItem} listed */
function renderItem({ text, box }) {
  const item = document.createElement("li")
  if (box) item.append(renderBox(box === "done"))
  text.split("\n").forEach((line, at) => item.append(...(at > 0 ? [document.createElement("br")] : []), line))
  return item
}

/** @param {boolean} isDone */
function renderBox(isDone) {
  const box = Object.assign(document.createElement("input"), { type: "checkbox", disabled: true, checked: isDone })
  box.setAttribute("aria-label", isDone ? t("done") : t("not done"))
  return box
}

/** @param {Table} table */
function renderTable({ aligns, rows }) {
  const table = document.createElement("table")
  rows.forEach((cells, at) => {
    const row = table.insertRow()
    for (const [column, align] of aligns.entries()) {
      const cell = document.createElement(at === 0 ? "th" : "td")
      cell.align = align
      cell.textContent = cells[column] ?? ""
      row.append(cell)
    }
  })
  const frame = document.createElement("div")
  frame.className = "table"
  frame.append(table)
  return frame
}
