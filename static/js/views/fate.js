// @ts-check
// Shows the delivery state of an entry at its message: words, and what its author can do about it.

import { DEED_WORDS, discardWords } from "../delivering.js"
import { part } from "./elements.js"

/** @import { Fate } from "../delivering.js" */
/** @import { Entry } from "../outbox.js" */

/**
 * Show the delivery state in place: the row stays the same element and keeps the focus.
 * @param {HTMLElement} row @param {Entry} entry @param {Fate} fate
 */
export function showFate(row, entry, { text, isGrave, deeds }) {
  const line = part(row, "[data-part=fate]")
  const said = `${entry.key} ${text} ${deeds.join()}`
  if (line.dataset.said === said) return
  line.dataset.said = said
  line.dataset.key = entry.key
  line.hidden = text === ""
  line.classList.toggle("fate--grave", isGrave)
  row.classList.toggle("message--told", text !== "" && !isGrave)
  const words = document.createElement("span")
  words.className = "fate__words"
  words.textContent = text
  const buttons = deeds.map((deed) => {
    const button = document.createElement("button")
    button.type = "button"
    button.className = "button button--quiet"
    button.dataset.fate = deed
    button.textContent = deed === "discard" ? discardWords(entry) : DEED_WORDS[deed]
    button.tabIndex = isGrave || row.tabIndex === 0 ? 0 : -1 // a failure needs a decision: always reachable with Tab
    return button
  })
  line.replaceChildren(words, ...buttons)
}
