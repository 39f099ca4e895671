// @ts-check
// Shows the rooms with their unread counts, the people here, and the header above the log.

import { LOBBY } from "../chat.js"
import { pathOf } from "../paths.js"
import { badgeWords, peopleWords, titleWords, typingWords } from "../wording.js"
import { beforePaint, byId, clone, isPlainClick, part, showName, textElement } from "./elements.js"

/** @import { Chat } from "../chat.js" */
/** @import { Delivery } from "../delivery.js" */

export class Sidebar {
  #chat
  #delivery

  /** @param {Chat} chat @param {Delivery} delivery @param {{ go: (room: string) => void }} actions */
  constructor(chat, delivery, { go }) {
    this.#chat = chat
    this.#delivery = delivery
    const render = beforePaint(() => this.#render())
    delivery.addEventListener("change", render)
    chat.addEventListener("change", (event) => {
      if (/** @type {CustomEvent} */ (event).detail !== "timeline") render()
    })
    byId("rooms").addEventListener("click", (event) => {
      const link = /** @type {Element} */ (event.target).closest("a")
      if (!link || !isPlainClick(event)) return
      event.preventDefault()
      go(link.dataset.room ?? LOBBY)
    })
    this.#render()
  }

  #render() {
    const { room, rooms, current, names } = this.#chat
    const mine = [...rooms.values()].filter(({ isMember }) => isMember)
    mine.sort((a, b) => Number(b.name === LOBBY) - Number(a.name === LOBBY) || a.name.localeCompare(b.name))
    keep(byId("rooms"), mine.map((each) => this.#roomItem(each))) // prettier-ignore

    keep(byId("people"), room.people === null ? [] : room.people.map((person) => this.#personItem(person)))
    byId("people-here").hidden = !room.isMember // only members receive the presence of a room
    const { isLive } = this.#delivery // if not live, the list may be out of date
    byId("people-here").toggleAttribute("data-stale", !isLive)
    byId("people-title").textContent = peopleWords(room.count, isLive)
    byId("count").textContent = room.count > 0 && isLive ? `${room.count} here` : ""
    byId("room-name").textContent = current
    byId("leave").hidden = !room.isMember || current === LOBBY
    byId("typing").textContent = typingWords(!isLive ? [] : [...room.typing].map(([user, { name }]) => names.full({ user, name })))

    document.title = titleWords(current, rooms.unread)
    byId("elsewhere").hidden = mine.every((each) => each.name === current || each.unread === 0)
  }

  /** @param {import("../room.js").Room} room */
  #roomItem({ name, unread, isMentioned }) {
    const item = clone("room-template")
    const link = /** @type {HTMLAnchorElement} */ (part(item, "a"))
    link.href = pathOf(name)
    link.dataset.room = name
    part(link, ".room__name").textContent = name
    if (name === this.#chat.current) link.setAttribute("aria-current", "page")
    if (unread === 0) return item
    link.classList.add("room--unread")
    const badge = part(link, ".badge")
    badge.hidden = false
    badge.classList.toggle("badge--mentioned", isMentioned)
    badge.textContent = isMentioned ? `@${badgeWords(unread)}` : badgeWords(unread)
    badge.append(textElement("span", isMentioned ? " unread, you are mentioned" : " unread", "visually-hidden"))
    return item
  }

  /** @param {{ user: string, name: string }} person */
  #personItem(person) {
    const item = clone("person-template")
    showName(part(item, ".author"), this.#chat.names, person)
    part(item, ".person__me").hidden = person.user !== this.#chat.me.user
    return item
  }
}

/** Make `list` hold `items`, changing only those that differ: the focus stays. @param {HTMLElement} list @param {HTMLElement[]} items */
function keep(list, items) {
  items.forEach((item, at) => {
    const old = list.children[at]
    if (!old) list.append(item)
    else if (!old.isEqualNode(item)) {
      const hadFocus = old.contains(document.activeElement)
      old.replaceWith(item)
      if (hadFocus) item.querySelector("a")?.focus()
    }
  })
  while (list.children.length > items.length) list.lastElementChild?.remove()
}
