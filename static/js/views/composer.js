// @ts-check
// Writing: drafts, sending, editing one's own. It is never disabled: what is written offline waits.

import { loadDraft, saveDraft } from "../storage.js"
import { countWords } from "../wording.js"
import { byId, isTouch } from "./elements.js"

/** @import { Chat } from "../chat.js" */
/** @import { Message } from "../timeline.js" */

export class Composer {
  #chat
  #actions
  #limit
  #form = byId("composer")
  #text = /** @type {HTMLTextAreaElement} */ (byId("text"))
  #count = byId("text-count")
  /** @type {Message | null} being edited, in place of a new one */
  #editing = null
  #room = ""

  /**
   * @param {Chat} chat @param {number} limit
   * @param {{ sent: () => void, run: (work: () => Promise<unknown>) => void, up: () => void }} actions
   */
  constructor(chat, limit, actions) {
    this.#chat = chat
    this.#limit = limit
    this.#actions = actions
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault()
      this.#submit()
    })
    this.#text.addEventListener("input", () => this.#input())
    this.#text.addEventListener("keydown", (event) => this.#keyed(event))
    byId("cancel-edit").addEventListener("click", () => this.#stopEditing())
    chat.addEventListener("change", (event) => {
      if (["room", "rooms", "me"].includes(/** @type {CustomEvent} */ (event).detail)) this.#render()
    })
    this.#render()
  }

  focus() {
    this.#text.focus()
  }

  /** Drop what is being written: its author has signed out. */
  forget() {
    this.#editing = null
    this.#text.value = ""
    this.#show()
  }

  /** @param {Message} message */
  edit(message) {
    this.#editing = message
    this.#text.value = message.text
    this.#show()
    this.focus()
    this.#text.setSelectionRange(message.text.length, message.text.length)
  }

  #render() {
    const { current, room, me, isClosed } = this.#chat
    byId("join-bar").hidden = room.isMember || isClosed
    this.#form.hidden = !room.isMember || isClosed
    byId("join-name").textContent = current
    byId("text-label").textContent = `Message #${current} as ${me.name}`
    this.#text.placeholder = `Message #${current}`
    if (current === this.#room) return
    this.#room = current
    this.#editing = null
    this.#text.value = loadDraft(me.user, current)
    this.#show()
  }

  #input() {
    if (!this.#editing) {
      saveDraft(this.#chat.me.user, this.#room, this.#text.value)
      if (this.#text.value.trim() !== "") this.#chat.typing()
    }
    this.#show()
  }

  #show() {
    byId("editing").hidden = !this.#editing
    this.#form.classList.toggle("composer--editing", this.#editing !== null)
    const { text, isOver } = countWords(this.#text.value, this.#limit)
    this.#count.textContent = text
    this.#count.classList.toggle("composer__count--over", isOver)
    // As high as its text, up to the limit in the style sheet.
    this.#text.style.blockSize = ""
    if (this.#text.scrollHeight > this.#text.clientHeight) this.#text.style.blockSize = `${this.#text.scrollHeight}px`
  }

  #submit() {
    const text = this.#text.value.trim()
    if (text === "" || countWords(text, this.#limit).isOver) return
    const editing = this.#editing
    if (editing) {
      if (text !== editing.text) this.#actions.run(() => this.#chat.edit(editing.offset, text))
      this.#stopEditing()
      return
    }
    this.#chat.send(text)
    this.#text.value = ""
    saveDraft(this.#chat.me.user, this.#room, "")
    this.#show()
    this.#actions.sent()
  }

  #stopEditing() {
    this.#editing = null
    this.#text.value = loadDraft(this.#chat.me.user, this.#room) // what was being written before
    this.#show()
    this.focus()
  }

  /** @param {KeyboardEvent} event */
  #keyed(event) {
    // While an input method composes, its keys are its own (229: Safari's last one).
    if (event.isComposing || event.keyCode === 229) return
    // By touch, Enter is a new line, and the button sends.
    if (event.key === "Enter" && !event.shiftKey && !isTouch()) {
      event.preventDefault()
      this.#submit()
    } else if (event.key === "Escape" && this.#editing) {
      event.preventDefault()
      this.#stopEditing()
    } else if (event.key === "ArrowUp" && this.#text.value === "") {
      event.preventDefault()
      const own = this.#lastOwn()
      if (own) this.edit(own)
      else this.#actions.up()
    }
  }

  /** @returns {Message | undefined} */
  #lastOwn() {
    const { room, me } = this.#chat
    const isOwn = (/** @type {any} */ item) => item.type === "message" && item.user === me.user && !item.deleted
    return /** @type {Message | undefined} */ (room.timeline?.items.findLast(isOwn))
  }
}
