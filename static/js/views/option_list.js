// @ts-check
// A list of things to choose from, for a field that keeps the focus: ARIA's pattern of a combobox.

import { textElement } from "./elements.js"

/** @typedef {{ icon?: string, hue?: number, text: string, about?: string, excerpt?: readonly string[] }} Option hue: the icon is an initial; every second piece of an excerpt is a match */

let lists = 0

export class OptionList {
  element = textElement("ul", "", "options")
  active = -1 // the chosen one's place
  hasMoved = false // by a key, since the options were shown
  #field
  #choose

  /** @param {HTMLElement} field @param {string} label @param {(at: number) => void} choose is called with the place of an option */
  constructor(field, label, choose) {
    this.#field = field
    this.#choose = choose
    this.element.id = `options-${++lists}`
    this.element.hidden = true
    this.element.setAttribute("role", "listbox")
    this.element.setAttribute("aria-label", label)
    // A field of several lines can't be a combobox, so that for ARIA this list belongs to none: it must be
    // possible to scroll it by keys of its own (WCAG 2.1.1).
    if (field.role !== "combobox") this.element.tabIndex = 0
    field.setAttribute("aria-autocomplete", "list")
    // Which would take the focus from the field.
    this.element.addEventListener("mousedown", (event) => event.preventDefault())
    this.element.addEventListener("click", ({ target }) => {
      const at = [...this.element.children].indexOf(/** @type {Element} */ (/** @type {Element} */ (target).closest("li")))
      if (at >= 0) choose(at)
    })
  }

  get isOpen() {
    return !this.element.hidden
  }

  /** Show options, the first one chosen; none: hide. @param {readonly Option[]} options */
  show(options) {
    this.element.replaceChildren(...options.map((option, at) => this.#item(option, at)))
    this.element.hidden = options.length === 0
    this.hasMoved = false
    if (options.length > 0) this.#field.setAttribute("aria-controls", this.element.id)
    else this.#field.removeAttribute("aria-controls")
    if (this.#field.role === "combobox") this.#field.ariaExpanded = String(this.isOpen)
    this.#activate(options.length > 0 ? 0 : -1)
  }

  /** Move, or choose, if a key says so; return whether it did. @param {KeyboardEvent} event */
  handle({ key, altKey, ctrlKey, metaKey, shiftKey }) {
    if (!this.isOpen || altKey || ctrlKey || metaKey || shiftKey) return false
    const count = this.element.children.length
    if (key === "ArrowDown" || key === "ArrowUp") {
      this.hasMoved = true
      this.#activate((this.active + (key === "ArrowDown" ? 1 : -1) + count) % count)
    } else if (key === "Enter" || key === "Tab") this.#choose(this.active)
    else return false
    return true
  }

  /** @param {Option} option @param {number} at */
  #item({ icon = "", hue, text, about = "", excerpt }, at) {
    const item = textElement("li", "", "option")
    item.id = `${this.element.id}-${at}`
    item.setAttribute("role", "option")
    const face = textElement("span", icon, hue === undefined ? "option__icon" : "avatar avatar--small")
    if (hue !== undefined) face.dataset.hue = String(hue)
    face.setAttribute("aria-hidden", "true")
    const name = textElement("span", text, "option__text")
    name.dir = "auto"
    item.append(face, name)
    if (excerpt) {
      const found = textElement("span", "", "option__found")
      found.dir = "auto"
      found.append(...excerpt.map((piece, place) => (place % 2 ? textElement("mark", piece, "option__match") : piece)))
      item.classList.add("option--found")
      item.append(found)
    }
    if (about) {
      const more = textElement("span", about, "option__about")
      more.dir = "auto"
      item.append(more)
    }
    return item
  }

  /** @param {number} at */
  #activate(at) {
    this.active = at
    for (const [place, item] of [...this.element.children].entries()) item.setAttribute("aria-selected", String(place === at))
    const item = this.element.children[at]
    if (item) this.#field.setAttribute("aria-activedescendant", item.id)
    else this.#field.removeAttribute("aria-activedescendant")
    item?.scrollIntoView({ block: "nearest" })
  }
}
