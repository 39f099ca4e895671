// @ts-check
// The members of a room with their roles, and what this user may do to them; below, who is banned.

import { call, roomPath } from "../api.js"
import { endWords } from "../event_words.js"
import { hueOf, initialOf, isBot } from "../names.js"
import { mayDo } from "../permissions.js"
import { ROLE_WORDS } from "../role_words.js"
import { t } from "../texts.js"
import { run } from "../views/dialogs.js"
import { botMark, textElement } from "../views/elements.js"
import { isolated } from "../wording.js"
import { lineButton, select } from "./dialog.js"
import { openModeration } from "./moderation.js"

/** @import { Chat } from "../chat.js" */
/** @import { Room } from "../room.js" */
/** @import { Role } from "../room_info.js" */

/** @typedef {{ user: string, name: string, role?: Role, muted_until?: string, banned_until?: string, reason?: string }} Member */

const ROLES = /** @type {const} */ (["member", "moderator", "owner"]).map((role) => /** @type {const} */ ([role, ROLE_WORDS[role]]))

export class MemberList {
  element = textElement("div", "", "members")
  /** @type {Set<string>} */ users = new Set() // the members shown
  #chat
  #room

  /** @param {Chat} chat @param {Room} room */
  constructor(chat, room) {
    this.#chat = chat
    this.#room = room
    // Kept up to date for as long as it is shown.
    const onChange = (/** @type {Event} */ event) => {
      if (!this.element.isConnected) chat.removeEventListener("change", onChange)
      else if (/** @type {CustomEvent} */ (event).detail === "room") void this.#load("")
    }
    chat.addEventListener("change", onChange)
    void this.#load("")
  }

  /** @param {string} after the user after whom to go on; "" begins anew */
  #load(after) {
    return run(this.element, async () => {
      const path = `${roomPath(this.#room.name)}/members`
      const { members, more } = await call(path, { query: after ? { after } : {} })
      const isKeeper = after === "" && mayDo("ban", this.#room, this.#chat.role)
      /** @type {Member[]} */ const apart = isKeeper ? (await call(path, { query: { set_apart: "1" } })).members : []
      const banned = apart.filter(({ banned_until = "" }) => Date.parse(banned_until) > Date.now())
      const list = textElement("ul", "", "members__list")
      list.setAttribute("role", "list")
      list.append(...members.map((/** @type {Member} */ member) => this.#item(member)))
      const out = banned.map((person) => this.#bannedItem(person))
      list.append(...out)
      if (after === "") {
        this.users.clear()
        this.element.replaceChildren()
      }
      for (const { user } of members) this.users.add(user)
      this.element.querySelector(".members__more")?.remove()
      this.element.append(list)
      if (!more) return
      const button = lineButton(t("More"), () => this.#load(members.at(-1).user))
      button.classList.add("members__more")
      this.element.append(button)
    })
  }

  /** @param {Member} member */
  #item({ user, name, role = "member", muted_until = "" }) {
    const { me, role: server } = this.#chat
    const item = row(user, name, user === me.user ? t("you") : "")
    const now = new Date()
    const isMuted = Date.parse(muted_until) > now.getTime()
    if (isMuted) item.append(textElement("span", mutedWords(muted_until, now), "field-help"))
    const canSet = user !== me.user && mayDo("role", this.#room, server, role)
    if (canSet) item.append(this.#roleChoice(user, name, role))
    else if (role !== "member") item.append(textElement("span", ROLE_WORDS[role], "person__role"))
    if (user === me.user) return item
    if (isMuted && mayDo("mute", this.#room, server, role)) item.append(lineButton(t("Lift"), () => this.#perform({ type: "mute", user, until: "" })))
    for (const [action, words] of /** @type {const} */ ([["kick", t("Remove…")], ["ban", t("Ban…")]])) { // prettier-ignore
      if (mayDo(action, this.#room, server, role)) item.append(lineButton(words, () => openModeration(this.#chat, action, { user, name })))
    }
    return item
  }

  /** @param {string} user @param {string} name @param {Role} role */
  #roleChoice(user, name, role) {
    const choice = select(ROLES, role)
    choice.className = "field members__role"
    choice.ariaLabel = t("Role of {name}", { name: isolated(name) })
    choice.addEventListener("change", () => this.#perform({ type: "role", user, role: choice.value }))
    return choice
  }

  /** @param {Member} person */
  #bannedItem({ user, name, banned_until = "", reason }) {
    const item = row(user, name, bannedWords(banned_until, new Date()))
    if (reason) item.append(textElement("span", reason, "field-help"))
    if (mayDo("ban", this.#room, this.#chat.role)) item.append(lineButton(t("Lift the ban"), () => this.#perform({ type: "unban", user })))
    return item
  }

  /** @param {{ type: string } & Record<string, unknown>} command */
  async #perform(command) {
    await run(this.element, () => this.#chat.perform({ ...command, room: this.#room.name }))
    await this.#load("")
  }
}

/** @param {string} until @param {Date} now */
function mutedWords(until, now) {
  const time = endWords(until, now)
  return time ? t("muted until {time}", { time }) : t("muted")
}

/** @param {string} until @param {Date} now */
function bannedWords(until, now) {
  const time = endWords(until, now)
  return time ? t("banned until {time}", { time }) : t("banned")
}

/** @param {string} user @param {string} name @param {string} about */
function row(user, name, about) {
  const item = textElement("li", "", "members__item")
  const face = textElement("span", initialOf(name), "avatar avatar--small")
  face.setAttribute("aria-hidden", "true")
  face.dataset.hue = String(hueOf(user))
  const who = textElement("span", name, "members__name")
  who.dir = "auto"
  item.append(face, who)
  if (isBot(user)) who.append(botMark())
  if (about) item.append(textElement("span", about, "field-help"))
  return item
}
