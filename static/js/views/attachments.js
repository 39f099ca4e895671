// @ts-check
// Shows the files chosen for the next message, above its text: name, size, progress, and what can be
// done about each.

import { addressOf, isPicture } from "../file_words.js"
import { aboutWords, MOST } from "../files/attachment.js"
import { Uploads } from "../files/uploads.js"
import { t } from "../texts.js"
import { isolated } from "../wording.js"
import { byId, clone, part } from "./elements.js"

/** @import { Parley } from "../parley.js" */
/** @import { Attachment } from "../files/attachment.js" */

export class Attachments extends EventTarget {
  most = MOST
  #list = byId("attachments")
  #room = ""
  #uploads
  #announce
  /** @type {Map<number, HTMLElement>} */ #elements = new Map()
  /** @type {Map<number, string>} */ #states = new Map() // as they were shown

  /** @param {Parley} parley @param {string} user @param {number} limit_bytes of a file @param {(words: string) => void} announce */
  constructor(parley, user, limit_bytes, announce) {
    super()
    this.#announce = announce
    this.#uploads = new Uploads(parley, user, limit_bytes)
    this.#uploads.addEventListener("change", () => {
      this.#render()
      this.dispatchEvent(new Event("change"))
    })
    this.#list.addEventListener("click", ({ target }) => this.#onClick(/** @type {Element} */ (target)))
  }

  get hasFiles() {
    return this.#shown.length > 0
  }

  get isUnderWay() {
    return this.#shown.some(({ state }) => state === "waiting" || state === "uploading")
  }

  get hasFailed() {
    return this.#shown.some(({ state }) => state === "failed")
  }

  /** @param {string} room */
  show(room) {
    this.#room = room
    this.#render()
  }

  /** Add files; return how many there was no place for. @param {string} room @param {readonly File[]} files */
  add(room, files) {
    return this.#uploads.add(room, files)
  }

  take() {
    return this.#uploads.take(this.#room)
  }

  forget() {
    this.#uploads.forget()
  }

  get #shown() {
    return this.#uploads.of(this.#room)
  }

  #render() {
    const shown = this.#shown
    const elements = shown.map((attachment) => this.#update(attachment))
    const ids = new Set(shown.map(({ id }) => id))
    for (const [id, element] of this.#elements) {
      if (ids.has(id)) continue
      element.remove()
      this.#elements.delete(id)
      this.#states.delete(id)
    }
    if (elements.some((element, at) => this.#list.children[at] !== element)) this.#list.replaceChildren(...elements)
  }

  /** Show what has become of a file, in the same element: it may have the focus. @param {Attachment} attachment */
  #update(attachment) {
    const { id, name, state, bytes, sent_bytes, info, isFinal, reason } = attachment
    const element = this.#elements.get(id) ?? clone("attachment-template")
    this.#elements.set(id, element)
    element.dataset.id = String(id)
    element.dataset.state = state
    part(element, ".attachment__name").textContent = name
    part(element, ".attachment__about").textContent = aboutWords(attachment, this.#uploads.isConnected)
    const progress = /** @type {HTMLProgressElement} */ (part(element, "progress"))
    progress.hidden = state !== "uploading"
    progress.value = sent_bytes / Math.max(1, bytes)
    progress.setAttribute("aria-label", t("Upload of {name}", { name: isolated(name) }))
    part(element, ".attachment__retry").hidden = state !== "failed" || isFinal === true
    const remove = part(element, ".attachment__remove")
    const words = state === "uploading" ? t("Cancel the upload of {name}", { name: isolated(name) }) : t("Remove {name}", { name: isolated(name) })
    remove.setAttribute("aria-label", words)
    remove.title = words
    const face = part(element, ".attachment__face")
    if (info && isPicture(info) && !face.querySelector("img")) face.replaceChildren(Object.assign(new Image(), { src: addressOf(info, "thumbnail"), alt: "" }))
    if (this.#states.get(id) !== state) {
      if (state === "failed") this.#announce(`${name}: ${reason}`)
      if (state === "ready" && this.#states.has(id)) this.#announce(t("{name} is ready to be sent.", { name: isolated(name) }))
    }
    this.#states.set(id, state)
    return element
  }

  /** @param {Element} target */
  #onClick(target) {
    const element = /** @type {HTMLElement | null} */ (target.closest(".attachment"))
    const id = Number(element?.dataset.id)
    const removeOf = (/** @type {Element | null | undefined} */ other) => /** @type {HTMLElement | null | undefined} */ (other?.querySelector(".attachment__remove"))
    if (target.closest(".attachment__retry")) {
      this.#uploads.retry(this.#room, id)
      removeOf(element)?.focus() // the button is gone
    } else if (target.closest(".attachment__remove")) {
      const next = removeOf(element?.nextElementSibling ?? element?.previousElementSibling)
      this.#uploads.remove(this.#room, id)
      if (next) next.focus()
      else byId("text").focus()
    }
  }
}
