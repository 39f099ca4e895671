// @ts-check
// How one is connected, in words. The countdown is for eyes; ears get only the changes.

import { statusWords } from "../wording.js"
import { byId } from "./elements.js"

/** @import { Connection } from "../connection.js" */
/** @import { Sender } from "../sender.js" */

export class StatusView {
  #connection
  #sender
  #say
  #wasConnected = false
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #countdown

  /** @param {Connection} connection @param {Sender} sender @param {(words: string) => void} say */
  constructor(connection, sender, say) {
    this.#connection = connection
    this.#sender = sender
    this.#say = say
    connection.addEventListener("statechange", () => this.#changed())
    sender.addEventListener("storechange", () => this.#say(this.#render().text))
    byId("try-now").addEventListener("click", () => connection.tryNow())
    this.#render()
  }

  #changed() {
    const { state } = this.#connection.status
    clearInterval(this.#countdown)
    if (state === "waiting") this.#countdown = setInterval(() => this.#render(), 500)
    const { text, canTry } = this.#render()
    const isConnected = state === "connected"
    if (canTry && this.#wasConnected) this.#say("You are offline. What you write is kept and sent later.")
    if (isConnected && !this.#wasConnected) this.#say(text)
    if (isConnected || canTry) this.#wasConnected = isConnected
  }

  #render() {
    const { status } = this.#connection
    const words = statusWords(status, this.#sender, Date.now())
    byId("status").dataset.state = status.state
    byId("status").toggleAttribute("data-store-away", this.#sender.isStoreAway)
    byId("status").dataset.transport = status.transport ?? ""
    byId("status-text").textContent = words.text
    byId("try-now").hidden = !words.canTry
    return words
  }
}
