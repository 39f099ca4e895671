// @ts-check
// Keeps what is known of rooms up to date: asks the server for what it has not told, and folds what
// it tells about changes.

import { describeRoom } from "./api.js"
import { NoAnswer, Refusal } from "./engine/http.js"
import { accessOf, applyInfo, applyRoomChanged, LOBBY } from "./room_info.js"

/** @import { Chat } from "./chat.js" */
/** @import { Parley } from "./parley.js" */
/** @import { Room } from "./room.js" */
/** @import { RoomChanged, RoomInfo } from "./room_info.js" */

const LEFT_MS = 1000 // that a room was left is told by its log, too, which also says why

export class RoomInfos {
  #chat
  /** @type {Set<string>} */ #asked = new Set()
  /** @type {Set<Room>} */ #leaving = new Set() // the user is in them no longer; their logs may still tell why

  /** @param {Chat} chat @param {Parley} parley @param {RoomInfo | null} [shown] the room shown, as the page came with it */
  constructor(chat, parley, shown) {
    this.#chat = chat
    if (shown) this.#learn(shown, shown.room === LOBBY)
    chat.addEventListener("change", (event) => {
      if (/^rooms?$/.test(/** @type {CustomEvent} */ (event).detail)) void this.#look()
    })
    parley.on("room_changed", (push) => this.#fold(push))
    parley.on("resync", ({ room }) => this.#forget(room)) // a change may be among what was missed
    for (const type of ["joined", "left"]) {
      // A direct room is called by who is in it; of another that this user is in now, nothing is known.
      parley.on(type, ({ room, user }) => {
        if (type === "joined" && user === chat.me.user) this.#stay(room)
        else if (accessOf(room) === "direct") this.#forget(room)
      })
    }
    parley.on("rooms", ({ room, is_member }) => (is_member ? this.#stay(room) : this.#leave(room)))
    parley.on("hello", () => this.#leaving.clear()) // it lists the rooms of now
    parley.on("status", () => {
      this.#asked.clear()
      void this.#look()
    })
    void this.#look()
  }

  /** Ask again about a room: it may have changed. @param {string} name */
  #forget(name) {
    this.#asked.delete(name)
    this.#chat.rooms.ensure(name, { isKnown: false, isTitled: false })
    void this.#look()
  }

  /** Ask about the room shown, and about rooms that have no title yet. */
  async #look() {
    const { rooms, current } = this.#chat
    const isUnknown = (/** @type {import("./room.js").Room} */ room) => (room.name === current ? !room.isKnown && room.exists : !room.isTitled && room.isMember)
    const unknown = [...rooms.values()].filter(isUnknown)
    for (const { name } of unknown) if (!this.#asked.has(name)) await this.#ask(name)
  }

  /** @param {string} name */
  async #ask(name) {
    this.#asked.add(name)
    try {
      this.#learn(await describeRoom(name))
      this.#asked.delete(name)
    } catch (error) {
      // It stays among those asked for until the connection changes.
      if (!(error instanceof NoAnswer || error instanceof Refusal)) throw error
    }
  }

  /** Leave a room soon, unless its log tells it before, or the user comes back. @param {string} name */
  #leave(name) {
    const room = this.#chat.rooms.get(name) // another one after the user has left and come back
    if (!room?.isMember) return
    this.#leaving.add(room)
    setTimeout(() => {
      const isLeaving = this.#leaving.delete(room)
      if (isLeaving && this.#chat.rooms.get(name) === room) this.#chat.learnRooms([], [name])
    }, LEFT_MS)
  }

  /** Note that the user is in a room, also if they had left it just before. @param {string} name */
  #stay(name) {
    const room = this.#chat.rooms.get(name)
    if (room) this.#leaving.delete(room)
    this.#forget(name)
  }

  /** @param {RoomInfo} info @param {boolean} [isKnown] it says all, also who is what in the room */
  #learn(info, isKnown = true) {
    const room = this.#chat.rooms.ensure(info.room, { isKnown, isTitled: true })
    applyInfo(room, info)
    for (const person of [...(info.users ?? []), ...(info.roles ?? [])]) this.#chat.names.add(person)
    this.#chat.changed("rooms")
    if (info.room === this.#chat.current) this.#chat.changed("room")
  }

  /** @param {RoomChanged & { room: string }} push */
  #fold(push) {
    const room = this.#chat.rooms.ensure(push.room)
    applyRoomChanged(room, push, this.#chat.me.user)
    this.#chat.changed("rooms")
    if (push.room === this.#chat.current) this.#chat.changed("room")
  }
}
