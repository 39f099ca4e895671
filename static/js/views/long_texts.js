// @ts-check
// Knows which messages are too long for their place: the style sheet cuts them until all is asked for.
// The buttons for that, and what else texts need to be used, are loaded when the first is needed.

import { byId } from "./elements.js"

/** @import { TextButtons } from "./text_buttons.js" */

export class LongTexts {
  #list
  /** @type {Set<string>} */ #whole = new Set() // ids of rows of which all is shown
  /** @type {Promise<TextButtons | null> | null} */ #buttons = null

  /** @param {HTMLElement} list of messages */
  constructor(list) {
    this.#list = list
    new ResizeObserver(() => this.update()).observe(list)
  }

  /** Note what is cut now: the list was rendered, or has another size. */
  update() {
    const bodies = /** @type {HTMLElement[]} */ ([...this.#list.querySelectorAll(".body")])
    for (const body of bodies) body.classList.toggle("body--whole", this.#whole.has(rowOf(body).id))
    const cut = new Set(bodies.filter(isCut))
    for (const body of bodies) body.classList.toggle("body--cut", cut.has(body))
    if (this.#buttons || this.#list.querySelector(".body--cut, .body pre, .body .table")) void this.#showButtons()
  }

  async #showButtons() {
    this.#buttons ??= import("./text_buttons.js").then(
      ({ TextButtons }) => new TextButtons(this.#list, (body, isWhole) => this.#show(body, isWhole)),
      () => null, // the server is away: the text is complete, with less comfort
    )
    ;(await this.#buttons)?.update()
  }

  /** Show all of a message, or its beginning; it begins where it did before. @param {HTMLElement} body @param {boolean} isWhole */
  #show(body, isWhole) {
    const row = rowOf(body)
    if (isWhole) this.#whole.add(row.id)
    else this.#whole.delete(row.id)
    const { top } = row.getBoundingClientRect()
    this.update()
    byId("log").scrollTop += row.getBoundingClientRect().top - top
  }
}

/** @param {HTMLElement} body @returns {HTMLElement} */
function rowOf(body) {
  return /** @type {HTMLElement} */ (body.closest("li"))
}

/** Return whether the style sheet cuts a message: marks and the like may overflow a short one, too. @param {HTMLElement} body */
function isCut(body) {
  return body.scrollHeight > body.clientHeight + 1 && body.clientHeight + 1 >= parseFloat(getComputedStyle(body).maxBlockSize)
}
