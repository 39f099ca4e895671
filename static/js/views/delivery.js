// @ts-check
// Shows the delivery state of an entry at its message: words, and what its author can do about it.

import { ACTION_WORDS, discardWords } from "../delivery_words.js"
import { part, quietButton, textElement } from "./elements.js"

/** @import { DeliveryStatus } from "../delivery_words.js" */
/** @import { Entry } from "../outbox.js" */

/** The row stays the same element and keeps the focus. @param {HTMLElement} row @param {Entry} entry @param {DeliveryStatus} status */
export function showDelivery(row, entry, { text, isError, actions }) {
  const line = part(row, "[data-part=delivery]")
  const said = `${entry.key} ${text} ${actions.join()}`
  if (line.dataset.said === said) return
  line.dataset.said = said
  line.dataset.key = entry.key
  line.hidden = text === ""
  line.classList.toggle("delivery--failed", isError)
  row.classList.toggle("message--undelivered", text !== "" && !isError)
  const buttons = actions.map((action) => {
    const button = quietButton(action === "discard" ? discardWords(entry) : ACTION_WORDS[action])
    button.dataset.deliveryAction = action
    button.tabIndex = isError || row.tabIndex === 0 ? 0 : -1 // a failure needs a decision: always reachable with Tab
    return button
  })
  line.replaceChildren(textElement("span", text, "delivery__text"), ...buttons)
}
