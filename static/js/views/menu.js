// @ts-check
// The menu of one message and its author, or of one person: react, edit, copy a link, delete; write to
// somebody, mute, remove, ban. Opens by mouse, touch or Enter.

import { pathOf } from "../paths.js"
import { mayDo } from "../permissions.js"
import { t } from "../texts.js"
import { byId, part } from "./elements.js"

/** @import { Chat } from "../chat.js" */
/** @import { PersonActions } from "../person_actions.js" */
/** @import { Person } from "../room.js" */
/** @import { Sender } from "../sender.js" */
/** @import { Message } from "../timeline.js" */

export class MessageMenu {
  #chat
  #sender
  #actions
  #people
  #menu = byId("menu")
  /** @type {Person | null} */ #person = null
  /** @type {Message | null} */ #message = null
  /** @type {HTMLElement | null} */ #row = null // or the element at which a person was chosen

  /**
   * @param {Chat} chat @param {Sender} sender @param {PersonActions} people
   * @param {{ edit: (message: Message) => void, reply: (message: Message) => void, run: (work: () => Promise<unknown>) => void, announce: (words: string) => void, pickEmoji: (near: DOMRect, choose: (emoji: string) => void) => void }} actions
   */
  constructor(chat, sender, people, actions) {
    this.#chat = chat
    this.#sender = sender
    this.#actions = actions
    this.#people = people
    this.#menu.addEventListener("click", ({ target }) => this.#onChoice(/** @type {HTMLElement} */ (target)))
    this.#menu.addEventListener("keydown", (event) => this.#onKeydown(event))
    this.#menu.addEventListener("toggle", (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === "closed") this.#closed()
    })
  }

  /** @param {number} offset @param {HTMLElement} anchor */
  open(offset, anchor) {
    const item = this.#chat.messageAt(offset)
    if (!item) return
    this.#message = item
    this.#row = anchor.closest("li")
    this.#row?.classList.add("message--open")
    const { room, me, role } = this.#chat
    const isMine = item.user === me.user && !item.deleted
    this.#item("reply").hidden = item.deleted === true || !mayDo("write", room, role)
    this.#item("edit").hidden = !isMine
    this.#item("delete").hidden = !isMine && (item.deleted || !mayDo("delete", room, role))
    this.#askAgain(false)
    this.#item("report").hidden = item.user === me.user || item.deleted === true || !mayDo("report", room, role)
    this.#item("copy").hidden = !navigator.clipboard // browsers have none over plain HTTP
    const emoji = /** @type {HTMLElement} */ (this.#menu.querySelector(".menu__emoji"))
    emoji.hidden = item.deleted ?? false
    this.#show(t("Message"), { user: item.user, name: item.name }, anchor)
  }

  /** @param {boolean} isSure whether the next press on Delete deletes */
  #askAgain(isSure) {
    const item = this.#item("delete")
    item.dataset.isSure = String(isSure)
    item.textContent = isSure ? t("Really delete?") : t("Delete")
  }

  /** @param {Person} person @param {HTMLElement} anchor */
  openPerson(person, anchor) {
    this.#row = anchor
    for (const item of this.#menu.querySelectorAll(":scope > *")) /** @type {HTMLElement} */ (item).hidden = true
    this.#show(t("Person"), person, anchor)
  }

  /** @param {string} label @param {Person} person @param {HTMLElement} anchor */
  #show(label, person, anchor) {
    this.#person = person
    this.#menu.setAttribute("aria-label", label)
    const offers = this.#people.offers(person)
    const group = part(this.#menu, ".menu__person")
    group.hidden = offers.length === 0 && this.#message !== null
    byId("menu-name").textContent = this.#chat.names.full(person)
    for (const button of group.querySelectorAll("button")) button.hidden = !offers.includes(/** @type {any} */ (button.dataset.action))
    this.#menu.showPopover()
    this.#placeAt(anchor.getBoundingClientRect())
    this.#items()[0]?.focus()
  }

  /** @param {DOMRect} anchor */
  #placeAt(anchor) {
    const { offsetWidth, offsetHeight, style } = this.#menu
    const margin = 8
    const left = Math.min(document.dir === "rtl" ? anchor.left : anchor.right - offsetWidth, innerWidth - offsetWidth - margin)
    const below = anchor.bottom + 4
    const top = below + offsetHeight + margin > innerHeight ? anchor.top - offsetHeight - 4 : below
    style.inset = `${Math.max(margin, top)}px auto auto ${Math.max(margin, left)}px`
  }

  /** @param {HTMLElement} target */
  #onChoice(target) {
    const message = this.#message
    const person = this.#person
    const button = target.closest("button")
    if (!person || !button) return
    const { emoji, action } = button.dataset
    if (button.closest(".menu__person")) {
      this.#menu.hidePopover()
      return this.#people.perform(/** @type {any} */ (action), person)
    }
    if (!message) return
    if (emoji) this.#react(message, emoji)
    else if (action === "emoji") {
      this.#actions.pickEmoji(this.#menu.getBoundingClientRect(), (emoji) => this.#react(message, emoji))
    } else if (action === "copy") {
      const address = new URL(pathOf(message.room, message.offset), location.href).href
      this.#actions.run(async () => {
        await navigator.clipboard.writeText(address)
        this.#actions.announce(t("The link was copied."))
      })
    } else if (action === "delete" && button.dataset.isSure !== "true") {
      return this.#askAgain(true) // the second press does it
    } else if (action === "delete") {
      this.#sender.delete(message)
    }
    this.#menu.hidePopover()
    if (action === "edit") this.#actions.edit(message)
    if (action === "reply") this.#actions.reply(message)
    if (action === "report") this.#people.report(message)
  }

  /** @param {Message} message as it was when the menu was opened @param {string} emoji */
  #react(message, emoji) {
    const on = !message.reactions?.[emoji]?.includes(this.#chat.me.user)
    this.#sender.react(message, emoji, on)
  }

  /** @param {KeyboardEvent} event */
  #onKeydown(event) {
    const items = this.#items()
    const at = items.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement))
    const isEmoji = (/** @type {HTMLElement} */ item) => item.closest(".menu__emoji") !== null
    const isInEmoji = at >= 0 && isEmoji(items[at])
    const afterEmoji = items.findIndex((item) => !isEmoji(item))
    const down = isInEmoji ? afterEmoji : at + 1
    const to = { ArrowRight: at + 1, ArrowDown: down, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key]
    if (to !== undefined) {
      event.preventDefault()
      items.at(to % items.length)?.focus()
    } else if (event.key === "Tab") {
      event.preventDefault()
      this.#menu.hidePopover()
    }
  }

  #closed() {
    this.#row?.classList.remove("message--open")
    // Return the focus to the message, which is a new element if it changed in the meantime.
    const hasLostFocus = document.activeElement === document.body || this.#menu.contains(document.activeElement)
    const back = this.#row?.id ? document.getElementById(this.#row.id) : this.#row
    if (hasLostFocus) back?.focus({ preventScroll: true })
    this.#message = this.#person = this.#row = null
  }

  #items() {
    return [...this.#menu.querySelectorAll("button")].filter((item) => item.offsetParent !== null)
  }

  /** @param {string} action */
  #item(action) {
    return /** @type {HTMLButtonElement} */ (this.#menu.querySelector(`[data-action=${action}]`))
  }
}
