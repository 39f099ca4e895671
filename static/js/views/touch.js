// @ts-check
// Touch in the log: a long press opens a message's menu, a swipe to the side answers it.

const PRESS_MS = 500 // as long as Android's own long press
const STILL_PX = 10 // a finger that rests moves as much
const SWIPE_PX = 64
const CONTROLS = ".body a, button" // with a meaning of their own for a finger that stays

/** @typedef {{ menu: (row: HTMLElement) => void, reply: (row: HTMLElement) => void }} Actions */

export class TouchGestures {
  #actions
  /** @type {{ row: HTMLElement, x: number, y: number, isLong: boolean, timer: ReturnType<typeof setTimeout> } | null} */ #touch = null

  /** @param {HTMLElement} list whose rows are touched @param {Actions} actions */
  constructor(list, actions) {
    this.#actions = actions
    list.addEventListener("pointerdown", (event) => this.#onDown(event))
    list.addEventListener("pointermove", (event) => this.#onMove(event))
    list.addEventListener("pointerup", (event) => this.#onUp(event))
    list.addEventListener("pointercancel", () => this.#end()) // the browser scrolls
    // Otherwise a long press opens the browser's own menu as well; that of a link stays.
    list.addEventListener("contextmenu", (event) => {
      const isTouch = /** @type {PointerEvent} */ (event).pointerType === "touch"
      if (isTouch && !(/** @type {Element} */ (event.target).closest(CONTROLS))) event.preventDefault()
    })
  }

  /** @param {PointerEvent} event */
  #onDown({ pointerType, isPrimary, target, clientX: x, clientY: y }) {
    this.#end()
    const row = /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest(".message[data-offset]"))
    const isControl = /** @type {Element} */ (target).closest(CONTROLS) !== null
    if (pointerType !== "touch" || !isPrimary || !row || isControl) return
    const touch = { row, x, y, isLong: false, timer: setTimeout(() => {
      touch.isLong = true
      row.classList.add("message--open") // it opens when the finger goes: that would close it again
    }, PRESS_MS) } // prettier-ignore
    this.#touch = touch
  }

  /** @param {PointerEvent} event */
  #onMove({ clientX, clientY }) {
    if (!this.#touch) return
    const { row, x, y, timer } = this.#touch
    const across = towardsEnd(row, clientX - x)
    if (this.#touch.isLong) return
    if (Math.abs(clientX - x) > STILL_PX || Math.abs(clientY - y) > STILL_PX) clearTimeout(timer)
    if (Math.abs(clientY - y) > SWIPE_PX / 2) return this.#end()
    row.style.translate = across > STILL_PX ? `${Math.sign(clientX - x) * Math.min(across - STILL_PX, SWIPE_PX)}px` : ""
  }

  /** @param {PointerEvent} event */
  #onUp({ clientX }) {
    const touch = this.#touch
    this.#end()
    if (touch?.isLong) return void setTimeout(() => this.#actions.menu(touch.row))
    if (touch && towardsEnd(touch.row, clientX - touch.x) > SWIPE_PX) this.#actions.reply(touch.row)
  }

  #end() {
    if (!this.#touch) return
    clearTimeout(this.#touch.timer)
    this.#touch.row.style.translate = ""
    this.#touch.row.classList.remove("message--open")
    this.#touch = null
  }
}

/** Return how far `across_px` goes in the direction of reading. @param {HTMLElement} element @param {number} across_px */
function towardsEnd(element, across_px) {
  return getComputedStyle(element).direction === "rtl" ? -across_px : across_px
}
