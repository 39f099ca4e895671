// @ts-check
// Signs out, and shows why the user may not write: signed out, banned, another user, no cookies. Says
// what has ended and how to return, in a dialog, and in place of the composer for as long as it lasts.

import { keepsCookies, logout } from "../api.js"
import { NO_COOKIES, SOMEBODY_ELSE } from "../parley.js"
import { forget } from "../storage.js"
import { Identities } from "../tabs/identity.js"
import { keptOutWords } from "../wording.js"
import { wordsOf } from "./dialogs.js"
import { byId } from "./elements.js"

/** @import { Chat } from "../chat.js" */
/** @import { Status } from "../engine/engine.js" */
/** @import { Parley } from "../parley.js" */
/** @import { Identity } from "../tabs/identity.js" */

const SIGNED_OUT = 4502
const CONTROLS = ["name-button", "add-room", "leave"] // what else needs an identity

export class Leaving {
  #parley
  #chat
  #forget
  #asking = /** @type {HTMLDialogElement} */ (/** @type {unknown} */ (byId("sign-out-dialog")))
  #told = /** @type {HTMLDialogElement} */ (/** @type {unknown} */ (byId("kept-out")))
  #tabs
  #isSignedOut = false
  /** @type {ReturnType<typeof keptOutWords>} */
  #words = null

  /** @param {Parley} parley @param {Chat} chat @param {{ forget: () => void }} actions forget: drop unsent entries and drafts */
  constructor(parley, chat, { forget }) {
    this.#parley = parley
    this.#chat = chat
    this.#forget = forget
    byId("sign-out").addEventListener("click", () => this.#ask())
    byId("sign-out-cancel").addEventListener("click", () => this.#asking.close())
    byId("sign-out-form").addEventListener("submit", (event) => {
      event.preventDefault()
      void this.#signOut()
    })
    for (const id of ["kept-out-action", "over-action"]) byId(id).addEventListener("click", () => void this.#comeBack())
    parley.on("status", (/** @type {Status} */ status) => void this.#changed(status))
    this.#tabs = new Identities((identity) => this.#heard(identity))
    if (navigator.cookieEnabled) this.#tabs.tell({ ...chat.me, isOver: false })
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
    this.#tabs.tell({ ...this.#chat.me, isOver: true })
    this.#end()
  }

  /** End the session here. Tabs that share this connection learn it from the connection, all others from `#tabs`. */
  #end() {
    this.#parley.hangUp(SIGNED_OUT, "signed out")
    this.#tell({ state: "closed", code: SIGNED_OUT })
  }

  /** @param {Identity} identity the user for whom another tab has just loaded its page, or who signed out there */
  #heard({ user, name, isOver }) {
    if (user === this.#chat.me.user) {
      if (isOver) this.#end()
    } else if (!isOver) this.#parley.leave(SOMEBODY_ELSE, name)
  }

  /** @param {Status} status */
  async #changed(status) {
    if (status.code === SOMEBODY_ELSE) {
      this.#tell(status)
      if (!(await keepsCookies().catch(() => true))) this.#tell({ state: "closed", code: NO_COOKIES })
    } else if (keptOutWords(status) !== null) this.#tell(status)
    else if (status.state === "connected") this.#open()
  }

  /** @param {Status} status */
  #tell(status) {
    const words = keptOutWords(status)
    if (!words) return
    if (words.isNew && !this.#isSignedOut) {
      this.#isSignedOut = true
      forget(this.#chat.me.user)
      this.#forget()
    }
    this.#words = words
    this.#chat.close(true)
    this.#asking.close()
    for (const id of CONTROLS) byId(id).toggleAttribute("disabled", true)
    for (const place of ["kept-out", "over"]) {
      byId(`${place}-title`).textContent = words.title
      byId(`${place}-text`).textContent = words.text
      byId(`${place}-action`).textContent = words.action
    }
    byId("over").hidden = false
    if (!this.#told.open) this.#told.showModal()
  }

  #open() {
    if (!this.#words) return
    this.#words = null
    this.#told.close()
    byId("over").hidden = true
    for (const id of CONTROLS) byId(id).toggleAttribute("disabled", false)
    this.#chat.close(false)
  }

  async #comeBack() {
    if (this.#words?.isOld) return location.reload()
    if (!this.#words?.isNew) return this.#parley.tryNow()
    // If the identity was ended elsewhere, this browser still has the cookie; the answer removes it.
    await logout().catch(() => {})
    location.reload()
  }
}
