// @ts-check
// How one is connected, in words. The countdown is for eyes; ears get only the changes.

import { statusWords } from "../wording.js"
import { byId } from "./elements.js"

/** @import { Connection } from "../connection.js" */

export class StatusView {
  #connection
  #say
  #wasConnected = false
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #countdown

  /** @param {Connection} connection @param {(words: string) => void} say */
  constructor(connection, say) {
    this.#connection = connection
    this.#say = say
    connection.addEventListener("statechange", () => this.#changed())
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
    const words = statusWords(status, Date.now())
    byId("status").dataset.state = status.state
    byId("status").dataset.transport = status.transport ?? ""
    byId("status-text").textContent = words.text
    byId("try-now").hidden = !words.canTry
    return words
  }
}
