// @ts-check
// Announces new live messages of the room shown to screen readers; history and changes are silent.

import { filesWords } from "../file_words.js"
import { byId, textElement } from "./elements.js"

/** @import { Chat } from "../chat.js" */
/** @import { Message } from "../timeline.js" */

const KEPT_MS = 10_000 // time to be read out; then it is removed, so as not to disturb browsing
const AT_ONCE = 5 // after a time offline, at most this many are read out
const LENGTH = 300 // a longer message is better read in the log

export class Announcer {
  #region = byId("announcer")

  /** @param {Chat} chat */
  constructor(chat) {
    chat.addEventListener("live", (event) => {
      const message = /** @type {Message} */ (/** @type {CustomEvent} */ (event).detail)
      if (message.room !== chat.current || message.user === chat.me.user) return
      const files = message.files ? filesWords(message.files) : ""
      this.announce(`${message.name}: ${[message.text.slice(0, LENGTH), files].filter(Boolean).join(" ")}`)
    })
  }

  /** @param {string} words */
  announce(words) {
    if (this.#region.childElementCount >= AT_ONCE) return
    const line = textElement("span", words)
    this.#region.append(line)
    setTimeout(() => line.remove(), KEPT_MS)
  }
}
