// @ts-check
// The composer: drafts, sending, editing one's own messages. Works offline, too: messages then wait.

import { composerNote } from "../composer_words.js"
import { Refusal } from "../engine/http.js"
import { accessOf, muteLeft_ms } from "../room_info.js"
import { loadDraft, loadEditing, loadReplying, popEarly, saveDraft, saveEditing, saveReplying } from "../storage.js"
import { t } from "../texts.js"
import { isWriting } from "../typing_anywhere.js"
import { countWords, isolated, quoteWords } from "../wording.js"
import { meaningOf } from "../writing/slash.js"
import { showFailure } from "./dialogs.js"
import { byId, isTouch, onSubmit, writeInto } from "./elements.js"

/** @import { Chat } from "../chat.js" */
/** @import { Entry } from "../outbox.js" */
/** @import { Sender } from "../sender.js" */
/** @import { Editing, Replying } from "../storage.js" */
/** @import { Message } from "../timeline.js" */

const LONGEST_WAIT_MS = 10 * 60_000 // timers count 32 bits of milliseconds

export class Composer {
  #chat
  #sender
  #actions
  #limit
  #attaching
  #form = byId("composer")
  #text = /** @type {HTMLTextAreaElement} */ (byId("text"))
  #count = byId("text-count")
  #problem = byId("text-problem") // with the last command
  #room = ""
  /** @type {Replying | null} */ #replying = null // the message that is answered
  #isBlocked = false // nothing can be sent here now
  #isDue = false // it is sent as soon as its files are uploaded
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #unmuted

  /** @param {Chat} chat @param {Sender} sender @param {import("./attaching.js").Attaching} attaching @param {number} limit @param {{ sent: () => void, up: () => void, command: (name: string, rest: string, say: (text: string) => void) => Promise<void> }} actions */
  constructor(chat, sender, attaching, limit, actions) {
    this.#chat = chat
    this.#sender = sender
    this.#attaching = attaching
    this.#limit = limit
    this.#actions = actions
    onSubmit(this.#form, () => this.#submit())
    this.#text.addEventListener("input", () => this.#input())
    this.#text.addEventListener("keydown", (event) => this.#onKeydown(event))
    document.addEventListener("keydown", (event) => this.#onKeydownAnywhere(event))
    byId("cancel-edit").addEventListener("click", () => this.#stopEditing())
    byId("cancel-reply").addEventListener("click", () => this.#reply(null))
    chat.addEventListener("change", (event) => {
      if (["room", "rooms", "me"].includes(/** @type {CustomEvent} */ (event).detail)) this.#render()
    })
    chat.addEventListener("live", (event) => this.#arrived(/** @type {CustomEvent} */ (event).detail))
    attaching.addEventListener("change", () => this.#isDue && !attaching.isUnderWay && this.#submit())
    attaching.addEventListener("add", () => this.focus())
    this.#keepEarly()
    this.#render()
  }

  /** Keep as a draft what was written before this script had come. */
  #keepEarly() {
    const { me, current } = this.#chat
    saveDraft(me.user, current, [loadDraft(me.user, current), popEarly(), this.#text.value].filter(Boolean).join("\n"))
  }

  focus() {
    this.#text.focus()
  }

  /** Address somebody in the text. @param {string} name */
  mention(name) {
    const space = this.#text.value === "" || this.#text.value.endsWith(" ") ? "" : " "
    this.insert(`${space}@${name} `)
  }

  /** Write something where the caret is. @param {string} text */
  insert(text) {
    writeInto(this.#text, text, this.#text.selectionStart, this.#text.selectionEnd)
  }

  /** Answer a message with what is written. @param {Message} message */
  reply({ offset, epoch, user, name, text, files }) {
    if (this.#chat.editing) this.#stopEditing()
    this.#reply({ offset, epoch, user, name, text: quoteWords({ text, files }) })
  }

  /** @param {Replying | null} replying */
  #reply(replying) {
    this.#replying = replying
    saveReplying(this.#chat.me.user, this.#room, replying)
    this.#show()
    this.focus()
  }

  /** Drop what is being written: its author has signed out. */
  forget() {
    this.#chat.setEditing(null)
    this.#replying = null
    this.#attaching.forget()
    this.#text.value = ""
    this.#show()
  }

  /** @param {Message} message in the log */
  edit({ offset, epoch, key, text, files }) {
    this.#edit({ offset, epoch, key, text, value: text, canBeEmpty: Boolean(files) })
  }

  /** @param {Entry} entry a message not in the log yet, or an edit of one that is */
  editEntry({ kind, key, target, epoch, text = "", files }) {
    this.#edit(kind === "edit" ? { offset: target, epoch, key, text: "", value: text } : { key, text, value: text, canBeEmpty: Boolean(files) })
  }

  /** @param {Editing} editing */
  #edit(editing) {
    this.#resume(editing)
    saveEditing(this.#chat.me.user, this.#room, editing)
    this.focus()
    this.#text.setSelectionRange(editing.value.length, editing.value.length)
  }

  /** @param {Editing | null} editing begun just now, or restored from storage */
  #resume(editing) {
    this.#text.value = editing ? editing.value : loadDraft(this.#chat.me.user, this.#room)
    this.#chat.setEditing(editing)
    this.#show()
  }

  /** Continue an edit in the log if this is the message being edited. @param {Message} message */
  #arrived({ key, offset, epoch, user, room }) {
    const { editing } = this.#chat
    if (room !== this.#room || user !== this.#chat.me.user || editing?.key !== key || editing.offset !== undefined) return
    const logged = { ...editing, offset, epoch }
    this.#chat.setEditing(logged)
    saveEditing(user, room, logged)
  }

  #render() {
    const { current, room, me, isClosed } = this.#chat
    const isReader = this.#chat.isReader && room.exists
    byId("join-bar").hidden = (room.isMember && !isReader) || isClosed
    this.#form.hidden = !room.isMember || isReader || isClosed
    const label = isolated(this.#chat.label)
    byId("join-words").textContent = isReader ? t("Guests only read {room}.", { room: label }) : room.exists ? t("You are only reading {room}.", { room: label }) : t("There is no room {room}.", { room: label })
    byId("join").textContent = isReader ? t("Sign in to write") : room.exists ? t("Join to write") : t("Create it")
    byId("join").hidden = !room.exists && (this.#chat.isReader || accessOf(current) !== "public")
    byId("text-label").textContent = t("Message {room} as {name}", { room: label, name: isolated(me.name) })
    this.#text.placeholder = t("Message {room}", { room: label })
    this.#renderNote()
    if (current === this.#room) return
    this.#room = current
    this.#isDue = false
    this.#attaching.show(current)
    this.#replying = loadReplying(me.user, current)
    this.#resume(loadEditing(me.user, current))
  }

  /** Say why nothing can be sent here, or how often; again when a mute ends. */
  #renderNote() {
    const { room, role } = this.#chat
    const now = new Date()
    const note = room.isMember ? composerNote(room, role, now) : null
    this.#isBlocked = note?.isBlocking ?? false
    byId("note").hidden = note === null || this.#form.hidden
    byId("note").textContent = note?.text ?? ""
    this.#form.classList.toggle("composer--blocked", this.#isBlocked)
    clearTimeout(this.#unmuted)
    const left_ms = muteLeft_ms(room, now.getTime())
    if (left_ms > 0) this.#unmuted = setTimeout(() => this.#renderNote(), Math.min(left_ms + 100, LONGEST_WAIT_MS))
  }

  #input() {
    const { editing } = this.#chat
    this.#problem.textContent = ""
    this.#isDue = false
    if (editing) {
      editing.value = this.#text.value
      saveEditing(this.#chat.me.user, this.#room, editing)
    } else {
      saveDraft(this.#chat.me.user, this.#room, this.#text.value)
      if (this.#text.value.trim() !== "") this.#chat.typing()
    }
    this.#show()
  }

  #show() {
    const { editing } = this.#chat
    byId("editing").hidden = !editing
    byId("replying").hidden = !this.#replying || editing !== null
    byId("replying-name").textContent = this.#replying ? this.#chat.names.full(this.#replying) : ""
    byId("replying-text").textContent = this.#replying?.text ?? ""
    this.#form.classList.toggle("composer--editing", editing !== null)
    const { text, isOver } = countWords(this.#text.value, this.#limit)
    this.#count.textContent = text
    this.#count.classList.toggle("composer__count--over", isOver)
    // As high as its text, up to the limit in the style sheet.
    this.#text.style.blockSize = ""
    if (this.#text.scrollHeight > this.#text.clientHeight) this.#text.style.blockSize = `${this.#text.scrollHeight}px`
  }

  #submit() {
    const text = this.#text.value.trim()
    const { editing } = this.#chat
    const meaning = meaningOf(text)
    this.#isDue = false
    if (meaning.kind === "command" && !editing) return void this.#perform(meaning.name, meaning.rest)
    if ((text === "" && !(editing ? editing.canBeEmpty : this.#attaching.hasFiles)) || this.#isBlocked || countWords(text, this.#limit).isOver) return
    if (editing) {
      if (text === editing.text || this.#sender.edit(this.#room, editing, text)) return this.#stopEditing()
      // The message is no longer in the outbox, for example deleted in another tab: keep the text as a draft.
      saveDraft(this.#chat.me.user, this.#room, this.#text.value)
      return this.#stopEditing()
    }
    if (!this.#isReady()) return
    this.#say(meaning.kind === "text" ? meaning.text : text)
    this.#clear()
  }

  /** Return whether all files are uploaded; if not, say so, and what becomes of the message. */
  #isReady() {
    const { problem, isUnderWay } = this.#attaching
    this.#isDue = isUnderWay
    this.#problem.textContent = problem
    return problem === ""
  }

  /** @param {string} text */
  #say(text) {
    this.#chat.send(text, this.#replying, this.#attaching.take())
    this.#reply(null)
    this.#actions.sent()
  }

  #clear() {
    this.#text.value = ""
    saveDraft(this.#chat.me.user, this.#room, "")
    this.#show()
  }

  /** Do what a text says; if that is refused, say why and keep the text. @param {string} name @param {string} rest */
  async #perform(name, rest) {
    const { value } = this.#text
    const room = this.#room
    const say = (/** @type {string} */ text) => {
      if (this.#isBlocked || this.#attaching.problem) throw new Refusal({ type: "error", message: this.#attaching.problem || (byId("note").textContent ?? "") })
      this.#say(text)
    }
    const isDone = await showFailure(this.#problem, () => this.#actions.command(name, rest, say))
    if (!isDone) return
    if (this.#room !== room) saveDraft(this.#chat.me.user, room, "") // it led to another room
    else if (this.#text.value === value) this.#clear()
  }

  #stopEditing() {
    saveEditing(this.#chat.me.user, this.#room, null)
    this.#resume(null) // back to the draft from before the edit
    this.focus()
  }

  /** Focus the composer if text is typed while no other field has the focus. @param {KeyboardEvent} event */
  #onKeydownAnywhere(event) {
    const isAltGraph = event.getModifierState("AltGraph")
    const { key, ctrlKey, metaKey, altKey, isComposing } = event
    if (event.defaultPrevented || !isWriting({ key, ctrlKey, metaKey, altKey, isAltGraph, isComposing })) return
    const target = /** @type {Element} */ (event.target)
    const isTaken = target.closest("input, textarea, select, [contenteditable], [role=menu]") !== null
    if (isTaken || document.querySelector(":popover-open, dialog[open]") || this.#form.hidden) return
    this.focus() // before the key takes effect, so that it enters its text here
  }

  /** @param {KeyboardEvent} event */
  #onKeydown(event) {
    // While an input method composes, it handles the keys (229: the last one in Safari).
    if (event.isComposing || event.keyCode === 229) return
    // On touch screens, Enter makes a new line, and the button sends.
    if (event.key === "Enter" && !event.shiftKey && !isTouch()) {
      event.preventDefault()
      this.#submit()
    } else if (event.key === "Escape" && (this.#chat.editing || this.#replying)) {
      event.preventDefault()
      this.#chat.editing ? this.#stopEditing() : this.#reply(null)
    } else if (event.key === "ArrowUp" && this.#text.value === "") {
      event.preventDefault()
      const waiting = this.#chat.pending.findLast(({ kind, state }) => kind === "send" && state !== "sent")
      const own = this.#lastOwn()
      if (waiting) this.editEntry(waiting)
      else if (own) this.edit(own)
      else this.#actions.up()
    }
  }

  #lastOwn() {
    const isOwn = (/** @type {any} */ item) => item.type === "message" && item.user === this.#chat.me.user && !item.deleted
    const own = this.#chat.room.timeline?.items.findLast(isOwn)
    return own && this.#chat.messageAt(own.offset)
  }
}
