// @ts-check
// The state of this page: rooms, their timelines and the people in them. Pushes are folded into it;
// views render from it and listen to one "change" event, whose detail names what changed.

import { allRooms, close, login } from "./api.js"
import { History } from "./history.js"
import { NameBook } from "./names.js"
import { overlay } from "./overlay.js"
import { learnUnread, markNew, markRead, newRoom, takeLogged, takeRead } from "./room.js"
import { missingAt, newTimeline } from "./timeline.js"

/** @import { Terms } from "./engine/http.js" */
/** @import { Parley } from "./parley.js" */
/** @import { Sender } from "./sender.js" */
/** @import { Editing } from "./storage.js" */
/** @import { Person, Room } from "./room.js" */
/** @import { Gone } from "./rows.js" */
/** @import { Message } from "./timeline.js" */
/** @import { Push } from "./transports/transport.js" */

/**
 * @typedef {object} Boot
 * @property {string} user
 * @property {string} name
 * @property {string} [skeleton] equal for names that look alike, see names.js
 * @property {string} room
 * @property {number | null} focus
 * @property {boolean} exists whether the room exists
 * @property {{ room: string, epoch: string, offset: number, unread: number }[]} rooms
 * @property {string} cursor
 * @property {Message[]} messages
 * @property {boolean} more
 * @property {boolean} more_after
 * @property {number | null} read_offset
 * @property {number} text_limit
 * @property {number} name_limit
 * @property {Terms} [terms] how to connect: the answer that /negotiate would give now
 */
/** @typedef {"rooms" | "room" | "timeline" | "people" | "typing" | "me" | "loading"} Topic */

export const LOBBY = "general" // everybody is a member, and nobody can leave
const TYPING_SHOWN_MS = 5000
const TYPING_EVERY_MS = 3000

export class Chat extends EventTarget {
  /** @type {Person} */
  me
  /** @type {string} the room shown */
  current
  /** @type {number | null} the message that the address points at */
  focus
  /** @type {Gone | null} if the address points at no message: its offset, and why it is missing */
  gone = null
  /** @type {Map<string, Room>} */
  rooms = new Map()
  names = new NameBook()
  /** Whether writing is disabled: the user has signed out or was told not to reconnect. */
  isClosed = false
  /** @type {Editing | null} the edit in progress; set by the composer */
  editing = null
  /** Whether the newest message is on a visible screen; set by the log view. */
  isWatching = false
  history = new History(
    () => this.#changed("loading"),
    (room, { messages }, isAnew) => this.#arrived(room, messages, isAnew),
  )
  #parley
  #sender
  #typedAt_ms = 0

  /** @param {Boot} boot @param {Parley} parley @param {Sender} sender */
  constructor(boot, parley, sender) {
    super()
    this.#parley = parley
    this.#sender = sender
    this.me = { user: boot.user, name: boot.name }
    this.current = boot.room
    this.focus = boot.focus
    for (const { room, unread, offset } of boot.rooms) {
      learnUnread(this.#room(room, { isMember: true }), unread, offset)
    }
    const shown = this.#room(boot.room, { isThere: boot.exists })
    shown.timeline = newTimeline(boot.messages, { more: boot.more, moreAfter: boot.more_after })
    markNew(shown, boot.user)
    this.#lookForFocus()
    this.names.add(boot)
    for (const message of boot.messages) this.#meet(message)
    parley.on("push", (push) => this.#take(push))
    sender.addEventListener("change", () => this.#changed("timeline"))
    sender.settleAll(boot.messages)
  }

  /** @returns {Room} */
  get room() {
    return this.#room(this.current)
  }

  get unread() {
    return [...this.rooms.values()].reduce((sum, room) => sum + (room.isMember ? room.unread : 0), 0)
  }

  /** The outbox entries of this room: what was done here and has not arrived from the log yet. */
  get pending() {
    return this.#sender.entriesOf(this.current)
  }

  /**
   * Return a message of the room shown, with this user's pending changes applied.
   * @param {number} offset
   */
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
    this.gone = null
    this.isWatching = false
    const room = this.room
    markNew(room, this.me.user)
    this.#changed("room")
    const { timeline } = room
    if (!timeline || (focus === null ? timeline.moreAfter : missingAt(timeline, focus))) {
      await this.history.reload(room, focus)
    }
  }

  /** Show the end of the room's log. */
  async showNewest() {
    this.focus = this.gone = null
    if (this.room.timeline?.moreAfter) await this.history.reload(this.room, null)
    else this.#changed("timeline")
  }

  /** Disable writing, or enable it again. @param {boolean} isClosed */
  close(isClosed) {
    if (this.isClosed === isClosed) return
    this.isClosed = isClosed
    close(isClosed)
    this.#changed("room")
  }

  /** @param {string} text */
  send(text) {
    if (this.isClosed) return
    const room = this.room
    room.newFrom = 0
    this.#typedAt_ms = 0
    this.#sender.queue({ kind: "send", room: room.name, text })
  }

  /**
   * Change the text of one of this user's messages, in the log or still in the outbox.
   * @param {Editing} editing @param {string} text @returns {boolean} false if it is too late to change it
   */
  edit({ offset, epoch, key }, text) {
    if (offset === undefined) return this.#sender.revise(key, text)
    this.#sender.queue({ kind: "edit", room: this.current, target: offset, epoch, text })
    return true
  }

  /** Announce that another message is being edited, or none. */
  marked() {
    this.#changed("timeline")
  }

  /** @param {Message} message */
  delete({ room, offset: target, epoch }) {
    this.#sender.queue({ kind: "delete", room, target, epoch })
  }

  /** @param {Message} message @param {string} emoji @param {boolean} on */
  react({ room, offset: target, epoch }, emoji, on) {
    this.#sender.queue({ kind: "react", room, target, epoch, emoji, on })
  }

  /** @param {string} key of a refused or doubtful entry */
  retry(key) {
    this.#sender.retry(key)
  }

  /** @param {string} key */
  discard(key) {
    this.#sender.withdraw(key)
  }

  /** @param {string} name */
  async join(name) {
    const { offset = 0 } = await this.#parley.send({ type: "join", room: name })
    if (!this.#room(name).isMember) this.#enterRoom(name, offset) // its `joined` may have arrived first
  }

  /** @param {string} name */
  async leave(name) {
    await this.#parley.send({ type: "leave", room: name })
    this.#leaveRoom(name)
  }

  /** @param {string} name */
  async rename(name) {
    this.me = await login(name)
    this.names.add(this.me)
    this.#changed("me")
    this.#parley.reattach("a new name")
  }

  /** Return the names of the rooms that this user has not joined, sorted. */
  async otherRooms() {
    const rooms = await allRooms()
    return rooms.filter((room) => !room.is_member).map((room) => room.room).sort()
  }

  /** Tell the others that this user is typing, at most once in TYPING_EVERY_MS. */
  typing() {
    const now_ms = Date.now()
    if (now_ms - this.#typedAt_ms < TYPING_EVERY_MS || !this.room.isMember) return
    if (this.#parley.state !== "connected") return
    this.#typedAt_ms = now_ms
    this.#parley.send({ type: "typing", room: this.current }).catch(() => {}) // not worth a retry
  }

  /** Mark the room as read: its newest message is on a visible screen. */
  markRead() {
    const room = this.room
    const { unread, isCalled, readTo } = room
    const offset = markRead(room)
    if (unread !== room.unread || isCalled !== room.isCalled) this.#changed("rooms")
    if (offset === 0) return
    this.#parley.send({ type: "read", room: room.name, offset }).catch(() => {
      room.readTo = readTo // sent again with the next message
    })
  }

  // Pushes

  /** @param {Push} push */
  #take(push) {
    switch (push.type) {
      case "hello":
        return this.#hello(push)
      case "message":
      case "edited":
      case "deleted":
      case "reaction":
      case "joined":
      case "left":
        return this.#logged(push)
      case "resync":
        return this.#resync(push)
      case "presence": {
        const room = this.#room(push.room)
        room.count = push.count
        room.people = push.users ?? null
        for (const person of room.people ?? []) this.#meet(person)
        return this.#changed("people")
      }
      case "typing":
        return this.#typing(push)
      case "read":
        takeRead(this.#room(push.room), /** @type {any} */ (push))
        return this.#changed("rooms")
      case "notification":
        if (push.room !== this.current || !this.isWatching) this.#room(push.room).isCalled = true
        return this.#changed("rooms")
    }
  }

  /** @param {Push} push */
  #hello({ user, name, skeleton, rooms }) {
    if (user !== this.me.user || name !== this.me.name) {
      this.me = { user, name }
      this.names.add({ user, name, skeleton })
      this.#changed("me")
    }
    const mine = new Set()
    for (const { room, unread, offset } of rooms) {
      mine.add(room)
      if (!this.rooms.get(room)?.isMember) this.#enterRoom(room, offset, unread)
      // Missed messages arrive next and are counted then. A lower count means that some were read elsewhere.
      else if (unread < this.#room(room).unread) learnUnread(this.#room(room), unread, offset)
    }
    for (const { name, isMember } of [...this.rooms.values()]) if (isMember && !mine.has(name)) this.#leaveRoom(name)
    this.#changed("rooms")
  }

  /** @param {Push} push */
  #logged(push) {
    const isMine = push.user === this.me.user
    if (push.type === "joined" && isMine && !this.rooms.get(push.room)?.isMember) return this.#enterRoom(push.room, push.offset)
    if (push.type === "left" && isMine) return this.#leaveRoom(push.room)
    if ("name" in push) this.#meet(/** @type {any} */ (push))
    const room = this.#room(push.room)
    const isShown = room.name === this.current
    takeLogged(room, /** @type {any} */ (push), { isMine, isShown, isWatched: isShown && this.isWatching })
    if (isShown) this.#changed("timeline")
    this.#sender.settle(/** @type {any} */ (push))
    if (push.type !== "message") return
    this.dispatchEvent(new CustomEvent("live", { detail: push }))
    this.#changed("rooms")
    this.#changed("typing")
  }

  /** @param {Push} push */
  #resync({ room: name, offset }) {
    const room = this.#room(name)
    learnUnread(room, room.unread, offset)
    room.newFrom = 0
    room.readTo = 0
    if (name === this.current) void this.history.reload(room, null)
    else room.timeline = null
  }

  /** @param {Push} push */
  #typing({ room: name, user, name: who, skeleton }) {
    if (user === this.me.user) return
    this.#meet({ user, name: who, skeleton })
    const { typing } = this.#room(name)
    typing.set(user, { name: who, until_ms: Date.now() + TYPING_SHOWN_MS })
    this.#changed("typing")
    setTimeout(() => {
      if ((typing.get(user)?.until_ms ?? Infinity) > Date.now()) return
      typing.delete(user)
      this.#changed("typing")
    }, TYPING_SHOWN_MS + 10)
  }

  // Rooms

  /** @param {string} name @param {Partial<Room>} [known] @returns {Room} */
  #room(name, known) {
    const room = this.rooms.get(name) ?? newRoom(name)
    this.rooms.set(name, room)
    return Object.assign(room, known)
  }

  /** @param {string} name @param {number} offset @param {number} [unread] up to it */
  #enterRoom(name, offset, unread = 0) {
    const room = this.#room(name, { isMember: true, isThere: true })
    learnUnread(room, unread, offset)
    this.#changed("rooms")
    if (name !== this.current) room.timeline = null
    else void this.history.reload(room, null) // the page shows the room as it was before its pushes began
    if (name === this.current) this.#changed("room")
  }

  /** @param {string} name */
  #leaveRoom(name) {
    this.rooms.delete(name)
    this.#changed("rooms")
    if (name === this.current) this.dispatchEvent(new Event("gone"))
  }

  /** @param {Person} person */
  #meet(person) {
    if (this.names.add(person)) this.#changed("me") // two users with the same name: suffixes appear
  }

  /** @param {Room} room @param {readonly Message[]} messages of its history @param {boolean} isAnew */
  #arrived(room, messages, isAnew) {
    for (const message of messages) this.#meet(message)
    this.#sender.settleAll(messages)
    markNew(room, this.me.user)
    if (room.name !== this.current) return
    if (isAnew) this.#lookForFocus()
    this.#changed(room.isThere ? "timeline" : "room")
  }

  /** If the address points at no message, note why; the view shows the messages around its offset. */
  #lookForFocus() {
    const { focus, room } = this
    if (focus === null || !room.timeline || !room.isThere) return
    const why = missingAt(room.timeline, focus)
    if (why === null) return
    this.gone = { offset: focus, why }
    this.focus = null
  }

  /** @param {Topic} topic */
  #changed(topic) {
    this.dispatchEvent(new CustomEvent("change", { detail: topic }))
  }
}
