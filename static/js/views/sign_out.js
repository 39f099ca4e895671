// @ts-check
// Signs out, and shows why the user may not write: signed out, banned, another user, no cookies. Says
// what has ended and how to return, in a dialog, and in place of the composer for as long as it lasts.

import { logout } from "../api.js"
import { COOKIE_MISSING, NO_COOKIES, SIGNED_OUT, SOMEBODY_ELSE } from "../codes.js"
import { sleep } from "../engine/sleep.js"
import { forget } from "../storage.js"
import { Identities } from "../tabs/identity.js"
import { BASE } from "../engine/base.js"
import { droppedWords } from "../delivery_words.js"
import { t } from "../texts.js"
import { keptOutWords } from "../wording.js"
import { showFailure } from "./dialogs.js"
import { byId, onSubmit } from "./elements.js"

/** @import { Chat } from "../chat.js" */
/** @import { Status } from "../engine/engine.js" */
/** @import { Entry } from "../outbox.js" */
/** @import { Parley } from "../parley.js" */
/** @import { Identity } from "../tabs/identity.js" */

const HANG_UP_MS = 1000 // a worker that takes longer is gone, and asks nothing
const PATIENCE_MS = 5000 // what takes longer to be sent waits for something: it is said, and asked again
const CONTROLS = ["name-button", "add-room", "add-direct", "about-room"] // what else needs an identity

export class SignOut {
  #parley
  #chat
  #unsent
  #forget
  #dropped = 0 // how many unsent entries the user has been told of
  #dialog = /** @type {HTMLDialogElement} */ (/** @type {unknown} */ (byId("sign-out-dialog")))
  #notice = /** @type {HTMLDialogElement} */ (/** @type {unknown} */ (byId("kept-out")))
  #tabs
  #isSignedOut = false
  #isUnproven // no cookie of this browser has reached the server yet
  /** @type {ReturnType<typeof keptOutWords>} */ #words = null

  /**
   * @param {Parley} parley @param {Chat} chat
   * @param {{ isNewcomer: boolean, unsent: (patience_ms: number) => Promise<Entry[]>, forget: () => void }} page isNewcomer: it came without a cookie; unsent: wait for what is being sent, and return what is left; forget: drop unsent entries and drafts
   */
  constructor(parley, chat, { isNewcomer, unsent, forget }) {
    this.#isUnproven = isNewcomer
    this.#parley = parley
    this.#chat = chat
    this.#unsent = unsent
    this.#forget = forget
    byId("sign-out").addEventListener("click", () => this.#ask())
    byId("sign-out-cancel").addEventListener("click", () => this.#dialog.close())
    onSubmit(byId("sign-out-form"), () => this.#signOut())
    for (const id of ["kept-out-action", "over-action"]) byId(id).addEventListener("click", () => void this.#reconnect())
    parley.on("status", (/** @type {Status} */ status) => void this.#changed(status))
    this.#tabs = new Identities((identity) => this.#handleIdentity(identity))
    if (navigator.cookieEnabled) this.#tabs.post({ ...chat.me, isOver: false })
  }

  get #isMember() {
    return this.#chat.role !== "guest"
  }

  #ask() {
    byId("name-panel").hidePopover()
    this.#dropped = 0
    byId("sign-out-problem").textContent = ""
    byId("sign-out-name").textContent = byId("my-name").textContent
    if (this.#isMember) byId("sign-out-text").textContent = t("In this browser. What you wrote stays, and your name and your rooms wait for you.")
    this.#dialog.showModal()
  }

  async #signOut() {
    const unsent = await this.#unsent(PATIENCE_MS)
    if (unsent.length > this.#dropped) {
      this.#dropped = unsent.length
      byId("sign-out-problem").textContent = droppedWords(unsent)
      return
    }
    // What this connection asked without the cookie would come from a new guest.
    await Promise.race([this.#hangUp(), sleep(HANG_UP_MS)])
    if (!(await showFailure(byId("sign-out-problem"), logout))) return this.#parley.tryNow()
    this.#tabs.post({ ...this.#chat.me, isOver: true })
    this.#end()
  }

  /** Disconnect all tabs that share this connection; resolves when they are. @returns {Promise<void>} */
  #hangUp() {
    return new Promise((resolve) => {
      const off = this.#parley.on("status", () => check())
      const check = () => {
        if (this.#parley.status.state !== "closed") return
        off()
        resolve()
      }
      this.#parley.hangUp(undefined, "signing out")
      check()
    })
  }

  /** End the session here. Tabs that share this connection learn it from the connection, all others from `#tabs`. */
  #end() {
    this.#parley.hangUp(SIGNED_OUT, "signed out")
    this.#showEnd({ state: "closed", code: SIGNED_OUT })
  }

  /** @param {Identity} identity the user for whom another tab has just loaded its page, or who signed out there */
  #handleIdentity({ user, name, isOver }) {
    if (user === this.#chat.me.user) {
      if (isOver) this.#end()
    } else if (!isOver) this.#parley.leave(SOMEBODY_ELSE, name)
  }

  /** @param {Status} status */
  #changed(status) {
    if (keptOutWords(status, this.#isMember) !== null) this.#showEnd(status)
    else if (status.state === "connected") {
      this.#isUnproven = false
      this.#open()
    } else if (status.refusal === COOKIE_MISSING && this.#isUnproven) this.#parley.leave(NO_COOKIES)
  }

  /** @param {Status} status */
  #showEnd(status) {
    const words = keptOutWords(status, this.#isMember)
    if (!words) return
    if (words.isNew && !this.#isSignedOut) {
      this.#isSignedOut = true
      forget(this.#chat.me.user)
      this.#forget()
    }
    this.#words = words
    this.#chat.close(true)
    this.#dialog.close()
    for (const id of CONTROLS) byId(id).toggleAttribute("disabled", true)
    for (const place of ["kept-out", "over"]) {
      byId(`${place}-title`).textContent = words.title
      byId(`${place}-text`).textContent = words.text
      byId(`${place}-action`).textContent = words.action
    }
    byId("over").hidden = false
    if (!this.#notice.open) this.#notice.showModal()
  }

  #open() {
    if (!this.#words) return
    this.#words = null
    this.#notice.close()
    byId("over").hidden = true
    for (const id of CONTROLS) byId(id).toggleAttribute("disabled", false)
    this.#chat.close(false)
  }

  async #reconnect() {
    if (this.#words?.isOld) return location.reload()
    if (!this.#words?.isNew) return this.#parley.tryNow()
    // If the identity was ended elsewhere, this browser still has the cookie; the answer removes it.
    await logout().catch(() => {})
    if (this.#isMember) location.assign(`${BASE}/signin`)
    else location.reload()
  }
}
