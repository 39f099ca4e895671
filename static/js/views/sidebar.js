// @ts-check
// Shows the rooms and direct messages with their unread counts, the people here, and the header above
// the log.

import { hueOf, initialOf } from "../names.js"
import { pathOf } from "../paths.js"
import { ROLE_WORDS } from "../role_words.js"
import { accessOf, LOBBY, titleOf } from "../room_info.js"
import { inOrder } from "../room_order.js"
import { loadDraft, loadFiles } from "../storage.js"
import { t } from "../texts.js"
import { badgeWords, peopleWords, titleWords, typingWords } from "../wording.js"
import { beforePaint, byId, clone, isPlainClick, part, showName, textElement } from "./elements.js"

/** @import { Chat } from "../chat.js" */
/** @import { Delivery } from "../delivery.js" */
/** @import { Person, Room } from "../room.js" */

const FACES = 4 // in the header: more would push the topic away

export class Sidebar {
  #chat
  #delivery
  #site
  /** @type {WeakMap<Room, { look: string, item: HTMLElement }>} */ #items = new WeakMap() // the last one of each

  /**
   * @param {Chat} chat @param {Delivery} delivery @param {string | undefined} site its name
   * @param {{ go: (room: string) => void, person: (person: Person, anchor: HTMLElement) => void }} actions
   */
  constructor(chat, delivery, site, { go, person }) {
    this.#chat = chat
    this.#delivery = delivery
    this.#site = site
    const render = beforePaint(() => this.#render())
    delivery.addEventListener("change", render)
    chat.addEventListener("change", (event) => {
      if (/** @type {CustomEvent} */ (event).detail !== "timeline") render()
    })
    for (const list of ["rooms", "directs"]) {
      byId(list).addEventListener("click", (event) => {
        const link = /** @type {Element} */ (event.target).closest("a")
        if (!link || !isPlainClick(event)) return
        event.preventDefault()
        go(link.dataset.room ?? LOBBY)
      })
    }
    byId("people").addEventListener("click", ({ target }) => {
      const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest("button"))
      const found = chat.room.people?.find(({ user }) => user === button?.dataset.user)
      if (button && found) person(found, button)
    })
    this.#render()
  }

  #render() {
    const { room, rooms, current, names, me } = this.#chat
    const mine = inOrder(rooms.values(), me.user)
    keep(byId("rooms"), mine.rooms.map((each) => this.#roomItem(each)))
    keep(byId("directs"), mine.directs.map((each) => this.#roomItem(each)))

    keep(byId("people"), room.people === null ? [] : room.people.map((person) => this.#personItem(person)))
    byId("people-here").hidden = !room.isMember // only members receive the presence of a room
    const { isLive } = this.#delivery // if not live, the list may be out of date
    byId("people-here").toggleAttribute("data-stale", !isLive)
    byId("people-title").textContent = peopleWords(room.count, isLive)
    byId("count").textContent = room.count > 0 && isLive ? t("{count} here", { count: room.count }) : ""
    keep(byId("faces"), (isLive ? (room.people ?? []) : []).filter(({ user }) => user !== me.user).slice(0, FACES).map(face))
    byId("room-name").textContent = titleOf(room, me.user)
    byId("room-title").dataset.access = accessOf(current)
    byId("topic").textContent = byId("topic").title = room.topic
    byId("about-room").hidden = byId("notifications").hidden = !room.exists || !room.isMember
    byId("typing").textContent = typingWords(!isLive ? [] : [...room.typing].map(([user, { name }]) => names.full({ user, name })))

    document.title = titleWords(this.#chat.label, rooms.unread, this.#site)
    byId("elsewhere").hidden = [...mine.rooms, ...mine.directs].every((each) => each.name === current || each.unread === 0)
  }

  /** Return the item of a room, the same one as long as it looks the same. @param {Room} room */
  #roomItem(room) {
    const { me, current } = this.#chat
    const { name, unread, isMentioned, users } = room
    const isCurrent = name === current
    const look = {
      name, unread, isMentioned, isCurrent,
      title: titleOf(room, me.user),
      hasDraft: !isCurrent && (loadDraft(me.user, name) !== "" || loadFiles(me.user, name).length > 0),
      other: users?.find(({ user }) => user !== me.user)?.user ?? me.user,
    } // prettier-ignore
    const key = JSON.stringify(look)
    const last = this.#items.get(room)
    if (last?.look === key) return last.item
    const item = roomItem(look)
    this.#items.set(room, { look: key, item })
    return item
  }

  /** @param {Person} person */
  #personItem(person) {
    const { room, names, me } = this.#chat
    const item = clone("person-template")
    part(item, "button").dataset.user = person.user
    showName(part(item, ".author"), names, person)
    part(item, ".person__role").textContent = ROLE_WORDS[room.roles.get(person.user) ?? ""] ?? ""
    part(item, ".person__me").hidden = person.user !== me.user
    const away = part(item, ".person__away")
    away.hidden = !person.away
    away.title = person.away ?? ""
    item.toggleAttribute("data-away", !away.hidden)
    return item
  }
}

/**
 * Return a link to a room, as templates/_rooms.html has it: where they are equal, the server's stays.
 * @param {{ name: string, unread: number, isMentioned: boolean, isCurrent: boolean, title: string, hasDraft: boolean, other: string }} look
 *   other: with whom one talks in it, if it is direct
 */
function roomItem({ name, unread, isMentioned, isCurrent, title, hasDraft, other }) {
  const access = accessOf(name)
  const item = clone("room-template")
  const link = /** @type {HTMLAnchorElement} */ (part(item, "a"))
  link.href = pathOf(name)
  link.dataset.room = name
  link.dataset.access = access
  if (isCurrent) link.setAttribute("aria-current", "page")
  part(link, ".room__name").textContent = title
  const face = part(link, ".room__face")
  if (access === "direct") {
    face.dataset.hue = String(hueOf(other))
    face.textContent = initialOf(title)
  } else face.remove()
  if (!hasDraft) part(link, ".room__draft").remove()
  const badge = part(link, ".badge")
  if (unread > 0) {
    link.classList.add("room--unread")
    badge.classList.toggle("badge--mentioned", isMentioned || access === "direct")
    badge.textContent = isMentioned ? `@${badgeWords(unread)}` : badgeWords(unread)
    badge.append(textElement("span", ` ${isMentioned ? t("unread, you are mentioned") : t("unread")}`, "visually-hidden"))
  } else badge.remove()
  return item
}

/** Return the circle with somebody's initial. @param {Person} person */
function face({ user, name }) {
  const element = textElement("span", initialOf(name), "avatar avatar--small")
  element.dataset.hue = String(hueOf(user))
  return element
}

/** Make `list` hold `items`, changing only those that differ: the focus stays. @param {HTMLElement} list @param {HTMLElement[]} items */
function keep(list, items) {
  items.forEach((item, at) => {
    const old = list.children[at]
    if (old === item) return
    if (!old) list.append(item)
    else if (!old.isEqualNode(item)) {
      const hadFocus = old.contains(document.activeElement)
      old.replaceWith(item)
      if (hadFocus) /** @type {HTMLElement | null} */ (item.querySelector("a, button"))?.focus()
    }
  })
  while (list.children.length > items.length) list.lastElementChild?.remove()
}
