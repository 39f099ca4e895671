// @ts-check
// Dialogs for choosing a name and for joining or creating a room.

import { NoAnswer, Refusal } from "../engine/http.js"
import { hueOf } from "../names.js"
import { byId, clone, part, showName } from "./elements.js"

/** @import { Chat } from "../chat.js" */

/** Return the words to show for an error; rethrow an unexpected one. @param {unknown} error @returns {string} */
export function wordsOf(error) {
  if (error instanceof Refusal) return error.message
  if (error instanceof NoAnswer) return "The server could not be reached. Try again."
  if (error instanceof DOMException) return "The browser did not allow that."
  throw error
}

export class NamePanel {
  /** @param {Chat} chat */
  constructor(chat) {
    const panel = byId("name-panel")
    const field = /** @type {HTMLInputElement} */ (byId("name"))
    const problem = byId("name-problem")
    byId("name-form").addEventListener("submit", async (event) => {
      event.preventDefault()
      problem.textContent = ""
      try {
        await chat.rename(field.value)
        panel.hidePopover()
        byId("text").focus()
      } catch (error) {
        problem.textContent = wordsOf(error)
      }
    })
    panel.addEventListener("toggle", (event) => {
      if (/** @type {ToggleEvent} */ (event).newState !== "open") return
      problem.textContent = ""
      field.focus()
      field.select()
    })
    const render = () => {
      showName(byId("my-name"), chat.names, chat.me, hueOf)
      const isGuest = chat.me.name.startsWith("guest-")
      byId("name-button").dataset.isGuest = String(isGuest)
      byId("name-hint").textContent = isGuest ? "Choose a name" : "Change"
    }
    chat.addEventListener("change", (event) => {
      if (/** @type {CustomEvent} */ (event).detail === "me") render()
    })
    render()
  }
}

export class RoomDialog {
  #chat
  #go
  #dialog = /** @type {HTMLDialogElement} */ (/** @type {unknown} */ (byId("room-dialog")))
  #input = /** @type {HTMLInputElement} */ (byId("room-input"))
  #problem = byId("room-problem")

  /** @param {Chat} chat @param {{ go: (room: string) => void }} actions */
  constructor(chat, { go }) {
    this.#chat = chat
    this.#go = go
    byId("add-room").addEventListener("click", () => void this.#open())
    byId("room-cancel").addEventListener("click", () => this.#dialog.close())
    byId("room-form").addEventListener("submit", (event) => {
      event.preventDefault()
      // Accept names as people write them: "#Blue Birds" becomes blue-birds.
      void this.#join(this.#input.value.trim().replace(/^#/, "").toLowerCase().replace(/\s+/g, "-"))
    })
    byId("others-list").addEventListener("click", ({ target }) => {
      const button = /** @type {Element} */ (target).closest("button")
      if (button) void this.#join(button.dataset.room ?? "")
    })
  }

  async #open() {
    this.#input.value = ""
    this.#problem.textContent = ""
    byId("others").hidden = true
    this.#dialog.showModal()
    try {
      const rooms = await this.#chat.otherRooms()
      byId("others").hidden = rooms.length === 0
      byId("others-list").replaceChildren(...rooms.map((room) => {
        const item = clone("other-template")
        const button = part(item, "button")
        button.dataset.room = room
        button.textContent = `#${room}`
        return item
      })) // prettier-ignore
    } catch (error) {
      this.#problem.textContent = wordsOf(error)
    }
  }

  /** @param {string} room */
  async #join(room) {
    this.#problem.textContent = ""
    try {
      await this.#chat.join(room)
      this.#dialog.close()
      this.#go(room)
    } catch (error) {
      this.#problem.textContent = wordsOf(error)
      this.#input.focus()
    }
  }
}
