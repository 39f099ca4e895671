// @ts-check
// Shows a desktop notification when the user is mentioned while the page is hidden: once for all tabs.

import { byId } from "./elements.js"

/** @import { Parley } from "../parley.js" */

export class Notifier {
  #offer = byId("notify")
  #isPossible = "Notification" in globalThis

  /** @param {Parley} parley @param {{ go: (room: string) => void }} actions */
  constructor(parley, { go }) {
    parley.on("notification", ({ room, offset, name, text }, { isNotifier }) => {
      if (!isNotifier || !document.hidden || !this.#isPossible || Notification.permission !== "granted") return
      const notification = new Notification(`${name} in #${room}`, { body: text, tag: `${room} ${offset}` })
      notification.onclick = () => {
        focus()
        go(room)
        notification.close()
      }
    })
    this.#offer.addEventListener("click", async () => {
      await Notification.requestPermission()
      this.#render()
    })
    this.#render()
  }

  /** Offer notifications until the user has decided; later, the browser's settings can change that. */
  #render() {
    this.#offer.hidden = !this.#isPossible || Notification.permission !== "default"
  }
}
