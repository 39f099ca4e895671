// @ts-check
// Makes one row of a list reachable by Tab, with its buttons and links; arrow keys move to others.

export class RovingTabindex {
  /** @type {HTMLElement | null} */ #active = null // the row that Tab reaches
  #list
  #rows

  /** @param {HTMLElement} list @param {() => HTMLElement[]} rows returns those that can have the focus */
  constructor(list, rows) {
    this.#list = list
    this.#rows = rows
    list.addEventListener("focusin", ({ target }) => this.#activate(/** @type {Element} */ (target).closest("li")))
  }

  /**
   * Move the focus if a key says so; behind the last row, to `after`. Return whether the key did.
   * @param {KeyboardEvent} event at a row @param {HTMLElement} after
   */
  handle(event, after) {
    const rows = this.#rows()
    const at = rows.indexOf(/** @type {HTMLElement} */ (event.target))
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1 }[event.key]
    if (to === undefined) return false
    event.preventDefault()
    if (rows[to]) rows[to].focus()
    else if (to >= rows.length) after.focus()
    return true
  }

  /** Make the last row reachable if none is: the list was rendered. */
  update() {
    if (!this.#active?.isConnected) this.#activate(this.#rows().at(-1) ?? null)
    // A refused entry needs a decision, so Tab always reaches its buttons.
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.#list.querySelectorAll(".delivery--failed button"))) button.tabIndex = 0
  }

  /** Forget the row: another list is shown. */
  reset() {
    this.#active = null
  }

  /** @param {Element | null} row */
  #activate(row) {
    if (row === this.#active) return
    for (const [element, index] of /** @type {const} */ ([[this.#active, -1], [row, 0]])) { // prettier-ignore
      if (!(element instanceof HTMLElement)) continue
      element.tabIndex = index
      for (const inner of /** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll("button, a"))) inner.tabIndex = index
    }
    this.#active = /** @type {HTMLElement | null} */ (row)
  }
}
