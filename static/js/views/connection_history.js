// @ts-check
// Shows the history of this connection: what was tried, and how it went.

import { attemptWords, nowWords } from "../history_words.js"
import { locale } from "../texts.js"
import { beforePaint, byId, clone, part } from "./elements.js"

/** @import { Parley } from "../parley.js" */

const REFRESH_MS = 1000 // the text shows how long the transport has been connected

export class ConnectionHistory {
  #parley
  #panel = byId("history")
  /** @type {ReturnType<typeof setInterval> | undefined} */ #clock

  /** @param {Parley} parley */
  constructor(parley) {
    this.#parley = parley
    const render = beforePaint(() => this.#render())
    parley.on("attempts", render)
    parley.on("status", render)
    this.#panel.addEventListener("toggle", (event) => {
      clearInterval(this.#clock)
      if (/** @type {ToggleEvent} */ (event).newState !== "open") return
      this.#clock = setInterval(render, REFRESH_MS)
      this.#render()
    })
  }

  #render() {
    if (!this.#panel.matches(":popover-open")) return
    const { status, attempts } = this.#parley
    byId("history-now").textContent = nowWords(status, attempts, Date.now())
    byId("history-list").replaceChildren(...attempts.toReversed().map((entry) => {
      const row = clone("attempt-template")
      const { title, text, isGood } = attemptWords(entry)
      row.toggleAttribute("data-good", isGood)
      part(row, ".attempt__title").textContent = title
      part(row, ".attempt__text").textContent = text
      part(row, ".attempt__time").textContent = new Date(entry.startedAt_ms).toLocaleTimeString(locale)
      return row
    })) // prettier-ignore
  }
}
