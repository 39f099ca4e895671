// @ts-check
// Renders a text before the server has. It is untrusted: it goes only into textContent or text nodes.

/** @import { Block } from "../preview.js" */

/** @param {readonly Block[]} blocks @returns {HTMLElement[]} */
export function renderBlocks(blocks) {
  return blocks.map((block) => {
    const element = document.createElement(block.kind)
    switch (block.kind) {
      case "p":
        element.textContent = block.text
        break
      case "pre": {
        const code = document.createElement("code")
        code.textContent = block.text === "" ? "" : `${block.text}\n`
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

/** @param {string} text */
function renderItem(text) {
  const item = document.createElement("li")
  text.split("\n").forEach((line, at) => item.append(...(at > 0 ? [document.createElement("br")] : []), line))
  return item
}
