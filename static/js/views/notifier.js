// @ts-check
// Notifications of the desktop, for who is mentioned while nobody looks: once, however many tabs.

import { byId } from "./elements.js"

/** @import { Parley } from "../parley.js" */

export class Notifier {
  #offer = byId("notify")
  #isPossible = "Notification" in globalThis

  /** @param {Parley} parley @param {{ go: (room: string) => void }} actions */
  constructor(parley, { go }) {
    parley.on("notification", ({ room, offset, name, text }, { isCaller }) => {
      if (!isCaller || !document.hidden || !this.#isPossible || Notification.permission !== "granted") return
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

  /** Who has decided is not asked again; browsers have a place where one changes one's mind. */
  #render() {
    this.#offer.hidden = !this.#isPossible || Notification.permission !== "default"
  }
}
