// @ts-check
// How one is connected, in words. The countdown is for eyes; ears get only the changes.

import { statusWords } from "../wording.js"
import { byId } from "./elements.js"

/** @import { Parley } from "../parley.js" */
/** @import { Sender } from "../sender.js" */

export class StatusView {
  #parley
  #sender
  #say
  #wasConnected = false
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #countdown

  /** @param {Parley} parley @param {Sender} sender @param {(words: string) => void} say */
  constructor(parley, sender, say) {
    this.#parley = parley
    this.#sender = sender
    this.#say = say
    parley.on("status", () => this.#changed())
    sender.addEventListener("storechange", () => this.#say(this.#render().text))
    byId("try-now").addEventListener("click", () => parley.tryNow())
    this.#render()
  }

  #changed() {
    const { state } = this.#parley.status
    clearInterval(this.#countdown)
    if (state === "waiting") this.#countdown = setInterval(() => this.#render(), 500)
    const { text, canTry } = this.#render()
    const isConnected = state === "connected"
    if (canTry && this.#wasConnected) this.#say("You are offline. What you write is kept and sent later.")
    if (isConnected && !this.#wasConnected) this.#say(text)
    if (isConnected || canTry) this.#wasConnected = isConnected
  }

  #render() {
    const { status } = this.#parley
    const words = statusWords(status, this.#sender, Date.now())
    byId("status").dataset.state = status.state
    byId("status").toggleAttribute("data-store-away", this.#sender.isStoreAway)
    byId("status").dataset.transport = status.transport ?? ""
    byId("status-text").textContent = words.text
    byId("try-now").hidden = !words.canTry
    return words
  }
}
