// @ts-check
// Knows which messages are too long for their place: the style sheet cuts them until all is asked for.
// The buttons for that, and what else texts need to be used, are loaded when the first is needed.

import { byId } from "./elements.js"

/** @import { TextButtons } from "./text_buttons.js" */

export class LongTexts {
  #list
  /** @type {Set<string>} */ #whole = new Set() // addresses of messages of which all is shown
  /** @type {TextButtons | null} */ #buttons = null
  #isLoading = false

  /** @param {HTMLElement} list of messages */
  constructor(list) {
    this.#list = list
    new ResizeObserver(() => this.update()).observe(list)
  }

  /** Note what is cut now: the list was rendered, or has another size. */
  update() {
    const bodies = /** @type {HTMLElement[]} */ ([...this.#list.querySelectorAll(".body")])
    for (const body of bodies) body.classList.toggle("body--whole", this.#whole.has(addressOf(rowOf(body))))
    const cut = new Set(bodies.filter(isCut))
    for (const body of bodies) body.classList.toggle("body--cut", cut.has(body))
    if (this.#buttons) this.#buttons.update() // at once: the log keeps its place after this
    else if (this.#list.querySelector(".body--cut, .body pre, .body .table")) void this.#load()
  }

  async #load() {
    if (this.#isLoading) return
    this.#isLoading = true
    try {
      const { TextButtons } = await import("./text_buttons.js")
      this.#buttons = new TextButtons(this.#list, (body, isWhole) => this.#show(body, isWhole))
      this.#buttons.update()
    } catch {
      this.#isLoading = false // the server is away: it is tried again when something changes
    }
  }

  /** Show all of a message, or its beginning; it begins where it did before. @param {HTMLElement} body @param {boolean} isWhole */
  #show(body, isWhole) {
    const row = rowOf(body)
    if (isWhole) this.#whole.add(addressOf(row))
    else this.#whole.delete(addressOf(row))
    const { top } = row.getBoundingClientRect()
    this.update()
    byId("log").scrollTop += row.getBoundingClientRect().top - top
  }
}

/** @param {HTMLElement} body @returns {HTMLElement} */
function rowOf(body) {
  return /** @type {HTMLElement} */ (body.closest("li"))
}

/** Return what tells a message from those of all rooms; it may wait, and have no address yet. @param {HTMLElement} row */
function addressOf(row) {
  return row.querySelector(".when")?.getAttribute("href") ?? row.id
}

/** Return whether the style sheet cuts a message: marks and the like may overflow a short one, too. @param {HTMLElement} body */
function isCut(body) {
  return body.scrollHeight > body.clientHeight + 1 && body.clientHeight + 1 >= parseFloat(getComputedStyle(body).maxBlockSize)
}
