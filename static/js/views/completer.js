// @ts-check
// Offers people, emoji, rooms and commands above the composer while their names are typed.

import { Refusal, NoAnswer } from "../engine/http.js"
import { hueOf, initialOf } from "../names.js"
import { mayDo } from "../permissions.js"
import { accessOf } from "../room_info.js"
import { loadRecentEmoji } from "../storage.js"
import { t } from "../texts.js"
import { completionAt, replacement } from "../writing/completion.js"
import { emojiOfCode, findEmoji, loadEmoji } from "../writing/emoji.js"
import { knownPeople, learnMembers, otherRooms, ownRooms } from "../writing/known.js"
import { bestOf, fold, keysOf, SHOWN } from "../writing/ranking.js"
import { COMMANDS } from "../writing/slash.js"
import { writeInto } from "./elements.js"
import { OptionList } from "./option_list.js"

/** @import { Chat } from "../chat.js" */
/** @import { Completing } from "../writing/completion.js" */
/** @import { Group } from "../writing/emoji.js" */
/** @import { KnownRoom } from "../writing/known.js" */
/** @import { Option } from "./option_list.js" */

/** @typedef {Option & { insert: string }} Offer insert: what is written for it */

export class Completer {
  #chat
  #field
  #list
  /** @type {Offer[]} */ #offers = []
  /** @type {Completing | null} */ #completing = null
  #dismissed = -1 // where a sign is for which nothing is offered any more
  /** @type {Group[]} */ #groups = [] // of emoji
  /** @type {KnownRoom[] | null} */ #others = null // rooms that could be joined; null: not asked for

  /** @param {Chat} chat @param {HTMLTextAreaElement} field @param {HTMLElement} place where the list is shown */
  constructor(chat, field, place) {
    this.#chat = chat
    this.#field = field
    this.#list = new OptionList(field, t("Suggestions"), (at) => this.#take(at))
    place.append(this.#list.element)
    field.addEventListener("input", (event) => this.#look(/** @type {InputEvent} */ (event).isComposing))
    field.addEventListener("compositionend", () => this.#look())
    field.addEventListener("click", () => this.#look())
    field.addEventListener("keyup", ({ key }) => this.#list.isOpen && /^(Arrow(Left|Right)|Home|End)$/.test(key) && this.#look())
    field.addEventListener("blur", () => this.#hide())
    // Before the composer takes the key.
    field.addEventListener("keydown", (event) => this.#onKeydown(event), { capture: true })
    chat.addEventListener("change", (event) => {
      if (/** @type {CustomEvent} */ (event).detail === "room") this.#hide()
    })
    this.#look()
  }

  /** @param {boolean} [isComposing] an input method is at work, as with each word on a phone: offer, but change nothing */
  #look(isComposing = false) {
    const { value, selectionStart, selectionEnd } = this.#field
    const completing = selectionStart === selectionEnd ? completionAt(value, selectionStart) : null
    if (completing?.start !== this.#dismissed) this.#dismissed = -1
    const isOffered = this.#dismissed < 0 && !(this.#chat.editing && completing?.kind === "command") // an edit is a text
    this.#completing = isOffered ? completing : null
    if (!this.#completing) return this.#hide()
    if (completing?.isClosed && !isComposing && this.#takeCode(completing)) return
    this.#offers = this.#offersFor(this.#completing)
    this.#list.show(this.#offers)
  }

  #hide() {
    this.#completing = null
    this.#list.show([])
  }

  /** @param {Completing} completing @returns {Offer[]} */
  #offersFor({ kind, query }) {
    switch (kind) {
      case "person":
        void this.#again(learnMembers(this.#chat))
        return bestOf(knownPeople(this.#chat), query).map(({ user, name, full }) => ({ icon: initialOf(name), hue: hueOf(user), text: full, insert: `@${full}` }))
      case "room":
        return this.#rooms(query)
      case "command":
        return this.#commands(query)
      case "emoji":
        if (this.#groups.length === 0) void this.#again(loadEmoji().then((groups) => (this.#groups = groups)))
        return findEmoji(this.#groups, query, SHOWN, loadRecentEmoji(this.#chat.me.user)).map(({ emoji, codes, name }) => ({ icon: emoji, text: `:${codes[0]}:`, about: name, insert: emoji }))
    }
  }

  /** @param {string} query @returns {Offer[]} */
  #rooms(query) {
    if (this.#others === null) {
      this.#others = []
      void this.#again(otherRooms("").then((rooms) => (this.#others = rooms)))
    }
    // The name of a closed room says nothing to others, and only its members may know it.
    const open = ownRooms(this.#chat).filter(({ room }) => accessOf(room) === "public")
    return bestOf([...open, ...(this.#others ?? [])], query).map(({ room, title }) => ({ icon: "#", text: title, about: title.toLowerCase() === room ? "" : room, insert: `#${room}` }))
  }

  /** @param {string} query @returns {Offer[]} */
  #commands(query) {
    const { room, role } = this.#chat
    const allowed = COMMANDS.filter(({ may }) => !may || mayDo(may, room, role))
    return bestOf(allowed.map((command) => ({ ...command, keys: keysOf([command.name]) })), query).map(({ name, args, help }) => ({ icon: "/", text: `${name} ${args}`.trim(), about: help, insert: `/${name}` })) // prettier-ignore
  }

  /** Look again when something has been loaded, if that is still of use. @param {Promise<unknown>} loading */
  async #again(loading) {
    try {
      if ((await loading) && this.#completing && document.activeElement === this.#field) this.#look()
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Refusal)) throw error // there is no connection: no suggestions
    }
  }

  /** @param {KeyboardEvent} event */
  #onKeydown(event) {
    if (event.isComposing || event.keyCode === 229 || !this.#list.isOpen || !this.#completing) return
    if (event.key === "Escape") {
      this.#dismissed = this.#completing.start
      this.#hide()
    } else if (event.key === "Enter" && !this.#list.hasMoved && this.#isWritten()) {
      return this.#hide() // there is nothing left to complete: Enter sends
    } else if (!this.#list.handle(event)) return
    event.preventDefault()
    event.stopImmediatePropagation()
  }

  /** Whether the text already has what would be inserted. */
  #isWritten() {
    const { start = 0, end = 0 } = this.#completing ?? {}
    return fold(this.#field.value.slice(start, end)) === fold(this.#offers[this.#list.active].insert)
  }

  /** @param {number} at */
  #take(at) {
    if (this.#completing) this.#insert(this.#completing, this.#offers[at].insert)
  }

  /** Take `:code:` as the emoji that it means, if it is one. @param {Completing} completing */
  #takeCode(completing) {
    const found = emojiOfCode(this.#groups, completing.query)
    if (found) this.#insert(completing, found.emoji)
    return found !== undefined
  }

  /** @param {Completing} completing @param {string} insert */
  #insert(completing, insert) {
    const { start } = completing
    this.#dismissed = start // "@Ada " is done, though there may be an Ada Byron
    this.#hide()
    const { text, end } = replacement(this.#field.value, completing, insert)
    writeInto(this.#field, text, start, end)
  }
}
