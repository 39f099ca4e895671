// @ts-check
// The state of this page: rooms, their timelines and the people in them. Pushes are folded into it;
// views render from it and listen to one "change" event, whose detail names what changed.

import { close, login } from "./api.js"
import { HistoryLoader } from "./history_loader.js"
import { NameBook } from "./names.js"
import { overlay } from "./overlay.js"
import { applyLogged, applyRead, learnUnread, markNew, markRead, Rooms } from "./room.js"
import { applyInfo, labelOf } from "./room_info.js"
import { missingAt, newTimeline } from "./timeline.js"
import { Typing } from "./typing.js"

/** @import { Boot } from "./connected.js" */
/** @import { Parley } from "./parley.js" */
/** @import { ServerRole } from "./permissions.js" */
/** @import { Sender } from "./sender.js" */
/** @import { Editing } from "./storage.js" */
/** @import { Person, Room } from "./room.js" */
/** @import { MissingMessage } from "./rows.js" */
/** @import { Message } from "./timeline.js" */
/** @import { Command } from "./engine/http.js" */
/** @import { Push } from "./transports/transport.js" */

/** @typedef {"rooms" | "room" | "timeline" | "people" | "typing" | "me" | "loading"} Topic */
const LOGGED = new Set(["message", "edited", "deleted", "reaction", "joined", "left", "room_changed"])

export class Chat extends EventTarget {
  /** @type {Person} */ me
  /** @type {ServerRole} */ role // on this server
  /** @type {string} */ current // the room shown
  /** @type {number | null} */ focus // the message that the address points at
  /** @type {MissingMessage | null} */ missing = null // if the address points at no message: its offset, and why
  rooms = new Rooms()
  names = new NameBook()
  isClosed = false // writing is disabled: the user has signed out or was told not to reconnect
  /** @type {Editing | null} */ editing = null // the edit in progress
  isWatching = false // the newest message is on a visible screen; set by the log view
  history = new HistoryLoader(() => this.changed("loading"), (room, { messages }, isAnew) => this.#arrived(room, messages, isAnew))
  #parley
  #sender
  #typing = new Typing(() => this.changed("typing"))

  /** @param {Boot} boot @param {Parley} parley @param {Sender} sender */
  constructor(boot, parley, sender) {
    super()
    this.#parley = parley
    this.#sender = sender
    this.me = { user: boot.user, name: boot.name }
    this.role = boot.role ?? "guest"
    this.isReader = this.role === "guest" && boot.site?.guests === "read" // guests only read here
    this.current = boot.room
    this.focus = boot.focus
    for (const info of boot.rooms) {
      const room = this.rooms.ensure(info.room, { isMember: true, readTo: info.read_offset ?? 0 })
      learnUnread(room, info.unread, info.offset)
      applyInfo(room, info)
    }
    const shown = this.rooms.ensure(boot.room, { exists: boot.exists })
    shown.timeline = newTimeline(boot.messages, { more: boot.more, moreAfter: boot.more_after })
    markNew(shown, boot.user)
    this.#lookForFocus()
    this.names.add(boot)
    for (const message of boot.messages) this.#addName(message)
    parley.on("push", (push) => this.#handle(push))
    sender.addEventListener("change", () => this.changed("timeline"))
    sender.settleAll(boot.messages)
  }

  get room() {
    return this.rooms.ensure(this.current)
  }

  /** What the room shown is called. */
  get label() {
    return labelOf(this.room, this.me.user)
  }

  /** The outbox entries of this room: what was done here and has not arrived from the log yet. */
  get pending() {
    return this.#sender.entries.filter(({ room }) => room === this.current)
  }

  /** Return a message of the room shown, with this user's pending changes applied. @param {number} offset */
  messageAt(offset) {
    const item = this.room.timeline?.items.find((other) => other.offset === offset)
    if (item?.type !== "message") return undefined
    const changes = this.pending.filter(({ target, epoch }) => target === offset && epoch === item.epoch)
    return overlay(item, changes, this.me.user).message
  }

  // Actions. Methods that send a request throw Refusal or NoAnswer; views turn both into words.

  /** @param {string} name @param {number | null} [focus] a message to show */
  async show(name, focus = null) {
    if (this.room.hasSeenNew) this.room.newFrom = 0
    this.current = name
    this.focus = focus
    this.missing = null
    this.isWatching = false
    const { room } = this
    markNew(room, this.me.user)
    this.changed("room")
    const { timeline } = room
    if (!timeline || (focus === null ? timeline.moreAfter : missingAt(timeline, focus))) await this.history.reload(room, focus)
  }

  async showNewest() {
    this.focus = this.missing = null
    if (this.room.timeline?.moreAfter) await this.history.reload(this.room, null)
    else this.changed("timeline")
  }

  /** Disable writing, or enable it again. @param {boolean} isClosed */
  close(isClosed) {
    if (this.isClosed === isClosed) return
    this.isClosed = isClosed
    close(isClosed)
    this.changed("room")
  }

  /** @param {string} text @param {{ offset: number, epoch: string } | null} [answered] the message that it answers @param {readonly import("./file_words.js").FileInfo[]} [files] */
  send(text, answered = null, files = []) {
    if (this.isClosed) return
    this.room.newFrom = 0
    this.#typing.sent()
    const reply = answered && { reply_to: answered.offset, epoch: answered.epoch }
    this.#sender.queue({ kind: "send", room: this.current, text, ...(files.length > 0 && { files }), ...reply })
  }

  /** @param {Editing | null} editing the message that is being edited now */
  setEditing(editing) {
    this.editing = editing
    this.changed("timeline")
  }

  /** @param {Command} command one that is no message */
  perform = (command) => this.#parley.send(command)

  /** Join a room, or make one, and return its name. @param {Command} command */
  async enter(command) {
    const { room = command.room ?? "", offset = 0 } = await this.perform(command)
    if (!this.rooms.ensure(room).isMember) this.#enterRoom(room, offset) // its `joined` may have arrived first
    return room
  }

  /** @param {string} name */
  async leave(name) {
    await this.perform({ type: "leave", room: name })
    this.#leaveRoom(name)
  }

  /** @param {string} name */
  async rename(name) {
    this.become(await login(name))
    this.#parley.reattach("a new name") // so that the others see the cookie's name
  }

  /** @param {Person} me */
  become(me) {
    this.me = { user: me.user, name: me.name }
    this.names.add(me)
    this.changed("me")
  }

  /** Tell the others, if they need to be told again, that this user is typing. */
  typing() {
    if (!this.room.isMember || this.#parley.state !== "connected" || !this.#typing.isDue()) return
    this.perform({ type: "typing", room: this.current }).catch(() => {}) // not worth a retry
  }

  /** Mark the room as read: its newest message is on a visible screen. */
  markRead() {
    const room = this.room
    const { unread, isMentioned, readTo } = room
    const offset = markRead(room)
    if (unread !== room.unread || isMentioned !== room.isMentioned) this.changed("rooms")
    if (offset === 0) return
    this.perform({ type: "read", room: room.name, offset }).catch(() => (room.readTo = readTo)) // sent again with the next message
  }

  /** @param {Push} push */
  #handle(push) {
    if (LOGGED.has(push.type)) return this.#logged(push)
    switch (push.type) {
      case "hello":
        return this.#hello(push)
      case "resync":
        return this.#resync(push)
      case "presence": {
        const room = this.rooms.ensure(push.room)
        Object.assign(room, { count: push.count, people: push.users ?? null })
        for (const person of push.users ?? []) this.#addName(person)
        return this.changed("people")
      }
      case "typing":
        if (push.user === this.me.user) return
        this.#addName(/** @type {any} */ (push))
        return this.#typing.heard(this.rooms.ensure(push.room), push.user, push.name)
      case "read":
        applyRead(this.rooms.ensure(push.room), /** @type {any} */ (push))
        return this.changed("rooms")
      case "notification":
        if (push.kind !== "invite" && (push.room !== this.current || !this.isWatching)) this.rooms.ensure(push.room).isMentioned = true
        return this.changed("rooms")
    }
  }

  /** @param {Push} push */
  #hello({ user, name, skeleton, rooms }) {
    if (user !== this.me.user || name !== this.me.name) this.become({ user, name, skeleton })
    const mine = new Set(rooms.map((/** @type {{ room: string }} */ { room }) => room))
    this.learnRooms(rooms, [...this.rooms.values()].flatMap(({ name, isMember }) => (isMember && !mine.has(name) ? [name] : [])))
  }

  /** Take over the list of this user's rooms. @param {readonly any[]} rooms @param {readonly string[]} gone those that they are no longer in */
  learnRooms(rooms, gone) {
    for (const { room, unread, offset } of rooms) {
      if (!this.rooms.get(room)?.isMember) this.#enterRoom(room, offset, unread)
      // Missed messages arrive next and are counted then. A lower count means that some were read elsewhere.
      else if (unread < this.rooms.ensure(room).unread) learnUnread(this.rooms.ensure(room), unread, offset)
    }
    for (const name of gone) this.#leaveRoom(name, {})
    this.changed("rooms")
  }

  /** @param {Push} push */
  #logged(push) {
    const isMine = push.user === this.me.user
    if (push.type === "joined" && isMine && !this.rooms.get(push.room)?.isMember) return this.#enterRoom(push.room, push.offset)
    if (push.type === "left" && isMine) return this.#leaveRoom(push.room, push.by ? /** @type {any} */ (push) : undefined)
    for (const person of [push, ...(push.members ?? [])]) if ("name" in person) this.#addName(/** @type {any} */ (person))
    const room = this.rooms.ensure(push.room)
    const isShown = room.name === this.current
    applyLogged(room, /** @type {any} */ (push), { isMine, isShown, isWatched: isShown && this.isWatching })
    if (isShown) this.changed("timeline")
    this.#sender.settle(/** @type {any} */ (push))
    if (push.type !== "message") return
    this.dispatchEvent(new CustomEvent("live", { detail: push }))
    this.changed("rooms")
    this.changed("typing")
  }

  /** @param {Push} push */
  #resync({ room: name, offset }) {
    const room = this.rooms.ensure(name)
    learnUnread(room, room.unread, offset)
    Object.assign(room, { newFrom: 0, readTo: 0 })
    if (name === this.current) void this.history.reload(room, null)
    else room.timeline = null
  }

  /** @param {string} name @param {number} offset @param {number} [unread] up to it */
  #enterRoom(name, offset, unread = 0) {
    const room = this.rooms.ensure(name, { isMember: true, exists: true })
    learnUnread(room, unread, offset)
    this.changed("rooms")
    if (name !== this.current) room.timeline = null
    else void this.history.reload(room, null) // the page shows the room as it was before its pushes began
    if (name === this.current) this.changed("room")
  }

  /** @param {string} name @param {object} [why] the push, if this user did not leave here */
  #leaveRoom(name, why) {
    const label = labelOf(this.rooms.ensure(name), this.me.user)
    this.rooms.delete(name)
    this.changed("rooms")
    if (name === this.current) this.dispatchEvent(new CustomEvent("left", { detail: why && { ...why, label } }))
  }

  /** @param {Person} person */
  #addName(person) {
    if (this.names.add(person)) this.changed("me") // two users with the same name: suffixes appear
  }

  /** @param {Room} room @param {readonly Message[]} messages of its history @param {boolean} isAnew */
  #arrived(room, messages, isAnew) {
    for (const message of messages) this.#addName(message)
    this.#sender.settleAll(messages)
    markNew(room, this.me.user)
    if (room.name !== this.current) return
    if (isAnew) this.#lookForFocus()
    this.changed(room.exists ? "timeline" : "room")
  }

  /** If the address points at no message, note why; the view shows the messages around its offset. */
  #lookForFocus() {
    const { focus, room } = this
    const why = focus === null || !room.timeline || !room.exists ? null : missingAt(room.timeline, focus)
    if (focus === null || why === null) return
    this.missing = { offset: focus, why }
    this.focus = null
  }

  /** Tell the views what has changed. @param {Topic} topic */
  changed(topic) {
    this.dispatchEvent(new CustomEvent("change", { detail: topic }))
  }
}
