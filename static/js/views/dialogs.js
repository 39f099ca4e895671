// @ts-check
// Dialogs for choosing a name and for joining or creating a room.

import { allRooms } from "../api.js"
import { NoAnswer, Refusal } from "../engine/http.js"
import { byId, clone, onSubmit, part, showName } from "./elements.js"

/** @import { Chat } from "../chat.js" */

/** Return the words to show for an error; rethrow an unexpected one. @param {unknown} error @returns {string} */
function wordsOf(error) {
  if (error instanceof Refusal) return error.message
  if (error instanceof NoAnswer) return "The server could not be reached. Try again."
  if (error instanceof DOMException) return "The browser did not allow that."
  throw error
}

/** Return whether `work` succeeds; if not, show why in `problem`. @param {HTMLElement} problem @param {() => Promise<unknown>} work */
export async function showFailure(problem, work) {
  problem.textContent = ""
  try {
    await work()
    return true
  } catch (error) {
    problem.textContent = wordsOf(error)
    return false
  }
}

export class NamePanel {
  /** @param {Chat} chat */
  constructor(chat) {
    const panel = byId("name-panel")
    const field = /** @type {HTMLInputElement} */ (byId("name"))
    const problem = byId("name-problem")
    onSubmit(byId("name-form"), () => showFailure(problem, async () => {
      await chat.rename(field.value)
      panel.hidePopover()
      byId("text").focus()
    })) // prettier-ignore
    panel.addEventListener("toggle", (event) => {
      if (/** @type {ToggleEvent} */ (event).newState !== "open") return
      problem.textContent = ""
      field.focus()
      field.select()
    })
    const render = () => {
      showName(byId("my-name"), chat.names, chat.me)
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
    // Accept names as people write them: "#Blue Birds" becomes blue-birds.
    onSubmit(byId("room-form"), () => this.#join(this.#input.value.trim().replace(/^#/, "").toLowerCase().replace(/\s+/g, "-")))
    byId("others-list").addEventListener("click", ({ target }) => {
      const button = /** @type {Element} */ (target).closest("button")
      if (button) void this.#join(button.dataset.room ?? "")
    })
  }

  async #open() {
    this.#input.value = ""
    byId("others").hidden = true
    this.#dialog.showModal()
    await showFailure(this.#problem, async () => {
      const rooms = (await allRooms()).flatMap(({ room, is_member }) => (is_member ? [] : [room])).sort()
      byId("others").hidden = rooms.length === 0
      byId("others-list").replaceChildren(...rooms.map((room) => {
        const item = clone("other-template")
        const button = part(item, "button")
        button.dataset.room = room
        button.textContent = `#${room}`
        return item
      })) // prettier-ignore
    })
  }

  /** @param {string} room */
  async #join(room) {
    const hasJoined = await showFailure(this.#problem, async () => {
      await this.#chat.join(room)
      this.#dialog.close()
      this.#go(room)
    })
    if (!hasJoined) this.#input.focus()
  }
}
