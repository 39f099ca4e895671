// @ts-check
// Takes files for the next message: chosen, pasted, or dropped anywhere on the page. What uploads them
// is loaded when the page is connected, or when it is first needed.

import { NoAnswer } from "../engine/http.js"
import { noAnswerWords } from "../refusals.js"
import { loadFiles } from "../storage.js"
import { t } from "../texts.js"
import { isolated } from "../wording.js"
import { late } from "./dialogs.js"
import { byId } from "./elements.js"

/** @import { Chat } from "../chat.js" */
/** @import { Parley } from "../parley.js" */
/** @import { Attachments } from "./attachments.js" */

const LOAD_AFTER_MS = 2000 // of a connection: what shows the page comes first

/** Tells of each "change", and when files were added ("add"). */
export class Attaching extends EventTarget {
  /** @type {Attachments | null} */ #attachments = null
  /** @type {Promise<Attachments> | null} */ #loading = null
  #chat
  #make

  /** @param {Chat} chat @param {Parley} parley @param {number | null} limit_bytes of a file; null: there are no files here @param {(words: string) => void} announce */
  constructor(chat, parley, limit_bytes, announce) {
    super()
    this.#chat = chat
    this.#make = async () => {
      const { Attachments } = await late(() => import("./attachments.js"))
      const made = new Attachments(parley, chat.me.user, limit_bytes ?? 0, announce)
      made.addEventListener("change", () => this.dispatchEvent(new Event("change")))
      made.show(chat.current)
      return (this.#attachments = made)
    }
    if (limit_bytes === null) return
    const off = parley.on("status", ({ state }) => {
      if (state !== "connected") return
      off()
      setTimeout(() => this.#load().catch(() => {}), LOAD_AFTER_MS) // it is tried again when it is needed
    })
    this.#listen()
  }

  /** Whether files were chosen for the message, uploaded or not. */
  get hasFiles() {
    return this.#attachments?.hasFiles ?? false
  }

  /** Whether all that is missing are uploads that go on. */
  get isUnderWay() {
    return this.#attachments !== null && this.#attachments.isUnderWay && !this.#attachments.hasFailed
  }

  /** Why the message can't be sent yet; "" if it can. */
  get problem() {
    if (this.#attachments?.hasFailed) return t("A file could not be uploaded: try again, or remove it.")
    return this.isUnderWay ? t("This is sent as soon as its files are uploaded.") : ""
  }

  /** Return the uploaded files, for a message that is sent now. */
  take() {
    return this.#attachments?.take() ?? []
  }

  /** Show the files of a room's draft. @param {string} room */
  show(room) {
    if (this.#attachments) this.#attachments.show(room)
    else if (loadFiles(this.#chat.me.user, room).length > 0) this.#load().catch(() => {})
  }

  /** Drop all: their user has signed out. */
  forget() {
    this.#attachments?.forget()
  }

  #load() {
    this.#loading ??= this.#make().catch((error) => {
      this.#loading = null
      throw error
    })
    return this.#loading
  }

  #listen() {
    const chosen = /** @type {HTMLInputElement} */ (byId("attach-files"))
    byId("attach").addEventListener("click", () => chosen.click())
    chosen.addEventListener("change", () => {
      void this.#add([...(chosen.files ?? [])])
      chosen.value = "" // so that the same file can be chosen again
    })
    document.addEventListener("paste", (event) => {
      const { clipboardData: data } = event
      // Text from an office program comes with a picture of itself.
      if (!data || data.files.length === 0 || data.types.includes("text/plain") || !this.#isOpen) return
      event.preventDefault()
      void this.#add([...data.files])
    })
    const drop = byId("drop")
    const offer = (/** @type {boolean} */ isOffered) => {
      drop.hidden = !isOffered
      drop.textContent = t("Drop files to send them in {room}", { room: isolated(this.#chat.label) })
    }
    addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return
      event.preventDefault() // else the browser would leave the page to show the file
      event.dataTransfer.dropEffect = this.#isOpen ? "copy" : "none"
      if (drop.hidden) offer(this.#isOpen)
    })
    addEventListener("dragleave", ({ relatedTarget }) => relatedTarget === null && offer(false))
    addEventListener("drop", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return
      event.preventDefault()
      offer(false)
      if (this.#isOpen) void this.#add([...event.dataTransfer.files])
    })
  }

  /** Whether a new message can be written here now. */
  get #isOpen() {
    return !byId("composer").hidden && !this.#chat.editing && !document.querySelector("dialog[open]")
  }

  /** @param {readonly File[]} files */
  async #add(files) {
    const room = this.#chat.current
    const problem = byId("text-problem")
    problem.textContent = ""
    try {
      const attachments = await this.#load()
      const left = attachments.add(room, files)
      if (left > 0) problem.textContent = t("A message has at most {most} files.", { most: attachments.most })
      this.dispatchEvent(new Event("add"))
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error
      problem.textContent = noAnswerWords()
    }
  }
}
