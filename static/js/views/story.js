// @ts-check
// The story of this connection, for who wants to know: what was tried, how it went.

import { chapterWords, nowWords } from "../telling.js"
import { beforePaint, byId, clone, part } from "./elements.js"

/** @import { Parley } from "../parley.js" */

const REFRESH_MS = 1000 // it says for how long

export class StoryView {
  #parley
  #panel = byId("story")
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #clock

  /** @param {Parley} parley */
  constructor(parley) {
    this.#parley = parley
    const render = beforePaint(() => this.#render())
    parley.on("story", render)
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
    const { status, story } = this.#parley
    byId("story-now").textContent = nowWords(status, story, Date.now())
    byId("story-list").replaceChildren(...story.toReversed().map((chapter) => {
      const row = clone("chapter-template")
      const { title, text, isGood } = chapterWords(chapter)
      row.toggleAttribute("data-good", isGood)
      part(row, ".chapter__title").textContent = title
      part(row, ".chapter__text").textContent = text
      part(row, ".chapter__time").textContent = new Date(chapter.startedAt_ms).toLocaleTimeString()
      return row
    })) // prettier-ignore
  }
}
