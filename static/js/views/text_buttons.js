// @ts-check
// What texts of messages need to be used: buttons that show all of a long one and copy code, and keys that
// scroll what is wide. Loaded late.

import { t } from "../texts.js"
import { quietButton, textElement } from "./elements.js"

const COPIED_MS = 2000

export class TextButtons {
  #list
  #show

  /** @param {HTMLElement} list of messages @param {(body: HTMLElement, isWhole: boolean) => void} show shows all of one, or not */
  constructor(list, show) {
    this.#list = list
    this.#show = show
    list.addEventListener("click", ({ target }) => this.#onClick(/** @type {Element} */ (target)))
    // What is cut scrolls by itself if the focus, or a search in the page, gets there.
    list.addEventListener("scroll", ({ target }) => this.#onScroll(/** @type {HTMLElement} */ (target)), { capture: true })
  }

  /** Give buttons and keys to all that needs them now. */
  update() {
    for (const button of this.#list.querySelectorAll(".show-all")) if (!isLong(button.previousElementSibling)) button.remove()
    for (const body of this.#list.querySelectorAll(".body--cut, .body--whole")) {
      const next = body.nextElementSibling
      const button = next?.matches(".show-all") ? next : quietButton("")
      const isWhole = body.matches(".body--whole")
      button.textContent = isWhole ? t("Show less") : t("Show all")
      button.setAttribute("aria-expanded", String(isWhole))
      if (button !== next) this.#insert(body, button, "show-all")
    }
    for (const wide of /** @type {NodeListOf<HTMLElement>} */ (this.#list.querySelectorAll("pre > code, .table"))) {
      if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0
      else wide.removeAttribute("tabindex")
    }
    if (!navigator.clipboard) return // browsers have none over plain HTTP
    for (const code of this.#list.querySelectorAll("pre > code:only-child")) this.#insert(code, textElement("button", t("Copy")), "copy")
  }

  /** @param {Element} before @param {Element} button @param {string} className */
  #insert(before, button, className) {
    button.classList.add(className)
    button.setAttribute("type", "button")
    const row = before.closest("li")
    if (button instanceof HTMLElement && row) button.tabIndex = row.tabIndex
    before.after(button)
  }

  /** @param {Element} target */
  #onClick(target) {
    const body = target.closest(".show-all")?.previousElementSibling
    if (body instanceof HTMLElement) this.#show(body, !body.matches(".body--whole"))
    if (target.matches(".copy")) void copy(/** @type {HTMLElement} */ (target))
  }

  /** @param {HTMLElement} body */
  #onScroll(body) {
    if (!body.matches(".body--cut") || body.scrollTop === 0) return
    body.scrollTop = 0
    this.#show(body, true)
  }
}

/** @param {Element | null} element */
function isLong(element) {
  return element?.matches(".body--cut, .body--whole") ?? false
}

/** @param {HTMLElement} button beside a code */
async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.previousElementSibling?.textContent ?? "")
    button.textContent = t("Copied")
  } catch {
    button.textContent = t("Not allowed") // by the browser
  }
  setTimeout(() => (button.textContent = t("Copy")), COPIED_MS)
}
