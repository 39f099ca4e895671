// @ts-check
// Shows the state of the connection: a few words below, and problems in a bar above the composer. The
// countdown is only visible; screen readers hear only changes of the state.

import { statusWords } from "../wording.js"
import { byId } from "./elements.js"

/** @import { Chat } from "../chat.js" */
/** @import { Delivery } from "../delivery.js" */
/** @import { Connection } from "../delivery_words.js" */
/** @import { Parley } from "../parley.js" */
/** @import { Sender } from "../sender.js" */

const REFRESH_MS = 500 // a countdown in seconds neither skips nor lags

export class StatusView {
  #parley
  #chat
  #delivery
  #announce
  /** @type {Connection | "store"} */ #announced = "connecting" // the last one for screen readers
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #refresh

  /** @param {Parley} parley @param {Sender} sender @param {Chat} chat @param {Delivery} delivery @param {(words: string) => void} announce */
  constructor(parley, sender, chat, delivery, announce) {
    this.#parley = parley
    this.#chat = chat
    this.#delivery = delivery
    this.#announce = announce
    parley.on("status", () => this.#render())
    delivery.addEventListener("change", () => this.#render())
    sender.addEventListener("change", () => this.#render())
    chat.addEventListener("change", (event) => /** @type {CustomEvent} */ (event).detail === "room" && this.#render())
    byId("try-now").addEventListener("click", () => parley.tryNow())
    byId("retry-all").addEventListener("click", () => sender.retryAll())
    this.#render()
  }

  #render() {
    const { status } = this.#parley
    byId("status").dataset.state = status.state
    byId("status").dataset.transport = status.transport ?? ""
    byId("status-text").textContent = statusWords(status)
    this.#renderBar()
    this.#announceChange()
  }

  #renderBar() {
    clearTimeout(this.#refresh)
    const bar = this.#delivery.barIn(this.#chat.current)
    byId("bar").hidden = bar === null
    byId("bar").dataset.tone = bar?.tone ?? ""
    byId("bar-text").textContent = bar?.text ?? ""
    byId("bar-detail").textContent = bar?.detail ?? ""
    byId("try-now").hidden = !bar?.canTry
    byId("retry-all").hidden = !bar?.canRetry
    const isMoving = bar !== null || this.#chat.pending.length > 0
    if (isMoving) this.#refresh = setTimeout(() => this.#renderBar(), REFRESH_MS)
  }

  #announceChange() {
    const { connection, isStoreAway } = this.#delivery
    const now = connection === "connected" && isStoreAway ? "store" : connection
    if (now === this.#announced || now === "connecting") return
    const wasGood = this.#announced === "connecting" || this.#announced === "connected"
    this.#announced = now
    if (now === "connected") this.#announce(byId("status-text").textContent ?? "")
    else if (wasGood) this.#announce(`${byId("bar-text").textContent} ${byId("bar-detail").textContent}`.trim())
  }
}
