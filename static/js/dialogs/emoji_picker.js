// @ts-check
// Lets somebody choose an emoji: by looking, or by a word for it. A panel near what opened it, or a
// sheet at the bottom of a phone's screen.

import { loadRecentEmoji, saveRecentEmoji } from "../storage.js"
import { t } from "../texts.js"
import { isTouch, textElement } from "../views/elements.js"
import { findEmoji, loadEmoji, usedAgain } from "../writing/emoji.js"
import { moveTo } from "../writing/grid.js"
import { input } from "./dialog.js"

/** @import { Emoji, Group } from "../writing/emoji.js" */

const FOUND = 100
const MARGIN_PX = 8

/** @param {string} user @param {DOMRect} near @param {(emoji: string) => void} choose */
export async function openEmojiPicker(user, near, choose) {
  const picker = new EmojiPicker(user, await loadEmoji(), choose)
  picker.open(near)
}

class EmojiPicker {
  #user
  #groups
  #choose
  #panel = textElement("div", "", "emoji")
  #search = input({ placeholder: t("Find by name"), ariaLabel: t("Find emoji by name") })
  #list = textElement("div", "", "emoji__list")
  #name = textElement("p", "", "emoji__name")
  /** @type {HTMLElement[]} */ #options = []
  #active = -1

  /** @param {string} user @param {readonly Group[]} groups @param {(emoji: string) => void} choose */
  constructor(user, groups, choose) {
    this.#user = user
    this.#groups = groups
    this.#choose = choose
    Object.assign(this.#panel, { popover: "auto", role: "dialog", ariaLabel: t("Emoji"), tabIndex: -1 })
    Object.assign(this.#list, { id: "emoji-list", role: "listbox", ariaLabel: t("Emoji") })
    Object.assign(this.#search, { className: "field", role: "combobox", ariaExpanded: "true", ariaAutoComplete: "list" })
    this.#search.setAttribute("aria-controls", "emoji-list")
    this.#name.setAttribute("aria-hidden", "true") // each option has its name
    this.#panel.append(this.#search, this.#list, this.#name)
    this.#search.addEventListener("input", () => this.#render())
    this.#panel.addEventListener("keydown", (event) => this.#onKeydown(event))
    this.#list.addEventListener("click", ({ target }) => this.#take(this.#optionAt(target)))
    this.#list.addEventListener("pointerover", ({ target }) => this.#tell(this.#optionAt(target)))
    this.#panel.addEventListener("toggle", (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === "closed") this.#panel.remove()
    })
    this.#render()
  }

  /** @param {DOMRect} near */
  open(near) {
    document.body.append(this.#panel)
    this.#panel.showPopover()
    this.#placeAt(near)
    // On a touch screen the keyboard would cover the emoji.
    if (isTouch()) this.#panel.focus()
    else this.#search.focus()
  }

  /** Put it near what opened it, unless the style sheet puts it at the bottom. @param {DOMRect} near */
  #placeAt(near) {
    const { offsetWidth, offsetHeight, style } = this.#panel
    const above = near.top - offsetHeight - MARGIN_PX
    const top = above >= MARGIN_PX ? above : Math.min(near.bottom + MARGIN_PX, innerHeight - offsetHeight - MARGIN_PX)
    const left = Math.min(Math.max(MARGIN_PX, near.right - offsetWidth), innerWidth - offsetWidth - MARGIN_PX)
    style.inset = `${Math.max(MARGIN_PX, top)}px auto auto ${left}px`
  }

  #render() {
    const query = this.#search.value.trim()
    const recent = loadRecentEmoji(this.#user)
    this.#options = []
    this.#list.replaceChildren()
    if (query) {
      const found = findEmoji(this.#groups, query, FOUND, recent)
      if (found.length > 0) this.#addGroup(t("Found"), found)
      else this.#list.append(textElement("p", t("No emoji is called that."), "emoji__title"))
    } else {
      const known = new Map(this.#groups.flatMap(({ emoji }) => emoji.map((each) => [each.emoji, each])))
      const used = recent.flatMap((emoji) => known.get(emoji) ?? [])
      if (used.length > 0) this.#addGroup(t("Recently used"), used)
      for (const { name, emoji } of this.#groups) this.#addGroup(name, emoji)
    }
    this.#list.scrollTop = 0
    this.#activate(query && this.#options.length > 0 ? 0 : -1)
  }

  /** @param {string} name @param {readonly Emoji[]} emoji */
  #addGroup(name, emoji) {
    const group = Object.assign(textElement("div", "", "emoji__group"), { role: "group", ariaLabel: name })
    const title = textElement("p", name, "emoji__title")
    title.setAttribute("aria-hidden", "true")
    const grid = textElement("div", "", "emoji__grid")
    for (const { emoji: text, name: words, codes } of emoji) {
      const option = textElement("div", text, "emoji__option")
      Object.assign(option, { id: `emoji-${this.#options.length}`, role: "option", ariaLabel: words, ariaSelected: "false" })
      option.dataset.words = `${words} :${codes[0]}:`
      this.#options.push(option)
      grid.append(option)
    }
    group.append(title, grid)
    this.#list.append(group)
  }

  /** @param {EventTarget | null} target */
  #optionAt(target) {
    return /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest(".emoji__option"))
  }

  /** @param {KeyboardEvent} event */
  #onKeydown(event) {
    if (event.isComposing) return
    if (event.key === "Enter" && this.#active >= 0) {
      event.preventDefault()
      return this.#take(this.#options[this.#active])
    }
    // Before a choice begins, left and right move in what is typed.
    const isTyping = this.#active < 0 && this.#search.value !== "" && /^Arrow(Left|Right)$/.test(event.key)
    if (isTyping || !event.key.startsWith("Arrow")) return
    const places = this.#options.map(({ offsetLeft, offsetTop }) => ({ x: offsetLeft, y: offsetTop }))
    const to = moveTo(places, this.#active, event.key, getComputedStyle(this.#list).direction === "rtl")
    if (to === null) return
    event.preventDefault()
    this.#activate(to)
  }

  /** @param {number} at */
  #activate(at) {
    if (this.#options[this.#active]) this.#options[this.#active].ariaSelected = "false"
    this.#active = at
    const option = this.#options[at]
    this.#tell(option)
    if (!option) return this.#search.removeAttribute("aria-activedescendant")
    option.ariaSelected = "true"
    this.#search.setAttribute("aria-activedescendant", option.id)
    option.scrollIntoView({ block: "nearest" })
  }

  /** Show the name of an emoji. @param {HTMLElement | null | undefined} option */
  #tell(option) {
    this.#name.textContent = option?.dataset.words ?? this.#name.textContent
  }

  /** @param {HTMLElement | null} option */
  #take(option) {
    if (!option) return
    const emoji = option.textContent ?? ""
    saveRecentEmoji(this.#user, usedAgain(loadRecentEmoji(this.#user), emoji))
    this.#panel.hidePopover() // the focus returns to where it was
    this.#choose(emoji)
  }
}
