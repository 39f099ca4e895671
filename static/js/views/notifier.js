// @ts-check
// Shows a desktop notification when the user is mentioned while the page is hidden: once for all tabs.

import { byId } from "./elements.js"

/** @import { Parley } from "../parley.js" */

export class Notifier {
  #offer = byId("notify")
  #isPossible = "Notification" in globalThis

  /** @param {Parley} parley @param {(kind: string, name: string, room: string) => string} titleOf @param {{ go: (room: string) => void }} actions */
  constructor(parley, titleOf, { go }) {
    parley.on("notification", ({ kind, room, offset, name, text }, { isNotifier }) => {
      if (!isNotifier || !document.hidden || !this.#isPossible || Notification.permission !== "granted") return
      const notification = new Notification(titleOf(kind, name, room), { body: text, tag: `${room} ${offset}` })
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
