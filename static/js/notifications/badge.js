// @ts-check
// Shows how much is unread where the page itself is not seen: on the installed app, and on the tab's icon.

/** @import { Chat } from "../chat.js" */

export class Badge {
  #chat
  #images
  #icon = /** @type {HTMLLinkElement | null} */ (document.querySelector("link[rel=icon]"))
  #shown = -1 // nothing yet: a push may have left a badge

  /** @param {Chat} chat @param {string} images the address of their folder */
  constructor(chat, images) {
    this.#chat = chat
    this.#images = images
    chat.addEventListener("change", (event) => {
      if (/^rooms?$|^timeline$/.test(/** @type {CustomEvent} */ (event).detail)) this.#show()
    })
    this.#show()
  }

  #show() {
    const { unread } = this.#chat.rooms
    if (unread === this.#shown) return
    if (this.#icon && unread > 0 !== this.#shown > 0) this.#icon.href = `${this.#images}${unread > 0 ? "unread" : "parley"}.svg`
    this.#shown = unread
    // Browsers show it on installed apps only, and some do not at all.
    navigator.setAppBadge?.(unread).catch(() => {})
  }
}
