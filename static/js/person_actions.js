// @ts-check
// What can be done with a person or to them, from any menu.

import { mayDo } from "./permissions.js"
import { accessOf } from "./room_info.js"
import { late } from "./views/dialogs.js"

/** @import { Chat } from "./chat.js" */
/** @import { Person } from "./room.js" */
/** @import { Message } from "./timeline.js" */

/** @typedef {"write" | "mention" | "owner" | "moderator" | "member" | "mute" | "kick" | "ban"} PersonAction */

export class PersonActions {
  #chat
  #actions

  /** @param {Chat} chat @param {{ go: (room: string) => void, run: (work: () => Promise<unknown>) => void, mention: (name: string) => void }} actions */
  constructor(chat, actions) {
    this.#chat = chat
    this.#actions = actions
  }

  /** Return what to offer about a person, in the order of the menu. @param {Person} person @returns {PersonAction[]} */
  offers({ user }) {
    const { room, me, role, isClosed } = this.#chat
    if (user === me.user || isClosed) return []
    const theirs = room.roles.get(user) ?? "member"
    const offered = /** @type {PersonAction[]} */ ([])
    const isTwo = accessOf(room.name) === "direct" && room.users?.length === 2
    if (!isTwo) offered.push("write")
    if (room.isMember) offered.push("mention")
    if (mayDo("role", room, role, theirs)) offered.push(.../** @type {const} */ (["owner", "moderator", "member"]).filter((other) => other !== theirs))
    for (const action of /** @type {const} */ (["mute", "kick", "ban"])) if (mayDo(action, room, role, theirs)) offered.push(action)
    return offered
  }

  /** @param {Message} message */
  report(message) {
    this.#actions.run(async () => (await late(() => import("./dialogs/moderation.js"))).openReport(this.#chat, message))
  }

  /** @param {PersonAction} action @param {Person} person */
  perform(action, person) {
    const { go, run, mention } = this.#actions
    const chat = this.#chat
    switch (action) {
      case "write":
        return run(async () => go(await chat.enter({ type: "direct", users: [person.user] })))
      case "mention":
        return mention(person.name)
      case "owner":
      case "moderator":
      case "member":
        return run(() => chat.perform({ type: "role", room: chat.current, user: person.user, role: action }))
      default:
        return run(async () => (await late(() => import("./dialogs/moderation.js"))).openModeration(chat, action, person))
    }
  }
}
