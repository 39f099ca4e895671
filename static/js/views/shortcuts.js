// @ts-check
// Keys that work anywhere on the page.

import { inOrder, neighbour } from "../room_order.js"
import { shortcutOf } from "../writing/keys.js"

/** @import { Chat } from "../chat.js" */

const FIELDS = "input, textarea, select, [contenteditable]"

export class Shortcuts {
  #chat
  #actions

  /** @param {Chat} chat @param {{ go: (room: string) => void, help: () => void, switcher: () => void }} actions */
  constructor(chat, actions) {
    this.#chat = chat
    this.#actions = actions
    // Before the views, for which some of these keys would be text or movement.
    document.addEventListener("keydown", (event) => this.#onKeydown(event), { capture: true })
  }

  /** @param {KeyboardEvent} event */
  #onKeydown(event) {
    const shortcut = shortcutOf(event, /** @type {Element} */ (event.target).closest(FIELDS) !== null)
    if (!shortcut || document.querySelector("dialog[open], .menu:popover-open, .emoji:popover-open")) return
    event.preventDefault()
    event.stopPropagation()
    switch (shortcut) {
      case "help":
        return this.#actions.help()
      case "switcher":
        return this.#actions.switcher()
      case "previous":
        return this.#step(-1, false)
      case "next":
        return this.#step(1, false)
      case "previousUnread":
        return this.#step(-1, true)
      case "nextUnread":
        return this.#step(1, true)
    }
  }

  /** @param {1 | -1} step @param {boolean} isUnread */
  #step(step, isUnread) {
    const { rooms, current, me } = this.#chat
    const { rooms: mine, directs } = inOrder(rooms.values(), me.user)
    const room = neighbour([...mine, ...directs], current, step, ({ unread }) => !isUnread || unread > 0)
    if (room) this.#actions.go(room.name)
  }
}
