// @ts-check
// Dialogs for choosing a name and for joining or creating a room.

import { findRooms } from "../api.js"
import { NoAnswer, Refusal } from "../engine/http.js"
import { noAnswerWords, refusalWords } from "../refusals.js"
import { roomNameOf } from "../room_info.js"
import { loadLateTexts, t, tn } from "../texts.js"
import { byId, clone, onSubmit, part, showName } from "./elements.js"

/** @import { Chat } from "../chat.js" */

/** Return the words to show for an error; rethrow an unexpected one. @param {unknown} error @returns {string} */
export function wordsOf(error) {
  if (error instanceof Refusal) return refusalWords(error.reply)
  if (error instanceof NoAnswer) return noAnswerWords()
  if (error instanceof DOMException) return t("The browser did not allow that.")
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

/** Run `work`; if it fails, say why beside an element of a dialog. @param {HTMLElement} element @param {() => Promise<unknown>} work */
export async function run(element, work) {
  const problem = /** @type {HTMLElement | null} */ (element.closest("dialog")?.querySelector(".field-problem"))
  return showFailure(problem ?? byId("problem"), work)
}

/** Load a module that few visitors need, after its texts. @template T @param {() => Promise<T>} load @returns {Promise<T>} @throws {NoAnswer} */
export async function late(load) {
  await loadLateTexts()
  return load().catch((error) => {
    throw new NoAnswer(String(error))
  })
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
      for (const id of ["my-name", "who"]) showName(byId(id), chat.names, chat.me)
      const isGuest = chat.me.name.startsWith("guest-")
      byId("name-button").dataset.isGuest = String(isGuest)
      byId("name-hint").textContent = isGuest ? t("Choose a name") : t("Change")
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
  #asked = 0 // counts the questions: only the answer to the last one is shown

  /** @param {Chat} chat @param {{ go: (room: string) => void }} actions */
  constructor(chat, { go }) {
    this.#chat = chat
    this.#go = go
    byId("add-room").addEventListener("click", () => void this.open())
    byId("room-cancel").addEventListener("click", () => this.#dialog.close())
    this.#input.addEventListener("input", () => void showFailure(this.#problem, () => this.#find()))
    onSubmit(byId("room-form"), () => this.#join(roomNameOf(this.#input.value)))
    byId("others-list").addEventListener("click", ({ target }) => {
      const button = /** @type {Element} */ (target).closest("button")
      if (button) void this.#join(button.dataset.room ?? "")
    })
  }

  /** @param {string} [name] of a room to look for */
  async open(name = "") {
    this.#input.value = name
    byId("others").hidden = true
    this.#dialog.showModal()
    await showFailure(this.#problem, () => this.#find())
  }

  /** Show the rooms that can be joined, in the server's order: those whose names or titles contain what is typed. */
  async #find() {
    const asked = ++this.#asked
    const rooms = (await findRooms(this.#input.value.trim().replace(/^#/, ""))).filter(({ is_member }) => !is_member)
    if (asked !== this.#asked) return
    byId("others").hidden = rooms.length === 0
    byId("others-list").replaceChildren(...rooms.map(({ room, title, topic, members = 0, present = 0 }) => {
      const item = clone("other-template")
      const button = part(item, "button")
      button.dataset.room = room
      part(button, ".others__name").textContent = `#${title || room}`
      part(button, ".others__about").textContent = [members > 0 ? tn(members, "{count} member", "{count} members") : "", present > 0 ? t("{count} here", { count: present }) : "", topic].filter(Boolean).join(" · ")
      return item
    })) // prettier-ignore
  }

  /** @param {string} room */
  async #join(room) {
    const hasJoined = await showFailure(this.#problem, async () => {
      await this.#chat.enter({ type: "join", room })
      this.#dialog.close()
      this.#go(room)
    })
    if (!hasJoined) this.#input.focus()
  }
}
