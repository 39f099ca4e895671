// @ts-check
// Signing out, and being kept out: what is over, and how to come back.

import { logout } from "../api.js"
import { keptOutWords } from "../wording.js"
import { wordsOf } from "./dialogs.js"
import { byId } from "./elements.js"

/** @import { Status } from "../engine/engine.js" */
/** @import { Parley } from "../parley.js" */

const SIGNED_OUT = /** @type {Status} */ ({ state: "closed", code: 4502 })

export class Leaving {
  #parley
  #asking = /** @type {HTMLDialogElement} */ (/** @type {unknown} */ (byId("sign-out-dialog")))
  #told = /** @type {HTMLDialogElement} */ (/** @type {unknown} */ (byId("kept-out")))
  #isNew = false

  /** @param {Parley} parley */
  constructor(parley) {
    this.#parley = parley
    byId("sign-out").addEventListener("click", () => this.#ask())
    byId("sign-out-cancel").addEventListener("click", () => this.#asking.close())
    byId("sign-out-form").addEventListener("submit", (event) => {
      event.preventDefault()
      void this.#signOut()
    })
    byId("kept-out-action").addEventListener("click", () => void this.#comeBack())
    parley.on("status", (/** @type {Status} */ status) => this.#changed(status))
  }

  #ask() {
    byId("name-panel").hidePopover()
    byId("sign-out-problem").textContent = ""
    byId("sign-out-name").textContent = byId("my-name").textContent
    this.#asking.showModal()
  }

  async #signOut() {
    try {
      await logout()
    } catch (error) {
      byId("sign-out-problem").textContent = wordsOf(error)
      return
    }
    this.#parley.close() // it would come back as the guest that the next request makes
    this.#asking.close()
    this.#tell(SIGNED_OUT)
  }

  /** @param {Status} status */
  #changed(status) {
    const isKeptOut = keptOutWords(status) !== null
    if (isKeptOut) this.#tell(status)
    // Another tab has come back as somebody else: so would what is still unsent here.
    else if (this.#isNew && status.state !== "closed") location.reload()
    else if (status.state === "connected") this.#told.close()
  }

  /** @param {Status} status */
  #tell(status) {
    const words = keptOutWords(status)
    if (!words) return
    this.#isNew = words.isNew
    byId("kept-out-title").textContent = words.title
    byId("kept-out-text").textContent = words.text
    byId("kept-out-action").textContent = words.action
    if (!this.#told.open) this.#told.showModal()
  }

  async #comeBack() {
    if (!this.#isNew) return this.#parley.tryNow()
    // Where another has ended it, this browser still has the cookie; the answer takes it away.
    await logout().catch(() => {})
    location.reload()
  }
}
