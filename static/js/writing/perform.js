// @ts-check
// Carries out what is written as a command. All of it can be done by menus and dialogs, too.

import { openHelp } from "../dialogs/help.js"
import { Refusal } from "../engine/http.js"
import { mayDo } from "../permissions.js"
import { roomNameOf } from "../room_info.js"
import { t } from "../texts.js"
import { isolated } from "../wording.js"
import { knownPeople, learnMembers, ownRooms } from "./known.js"
import { fold } from "./ranking.js"
import { actionText, commandNamed, namedAt, shrugText } from "./slash.js"

/** @import { Chat } from "../chat.js" */
/** @import { KnownPerson } from "./known.js" */

const MUTE_MS = 15 * 60_000 // as the dialog suggests

/**
 * @param {Chat} chat @param {string} name of the command @param {string} rest what follows it
 * @param {{ go: (room: string) => void, say: (text: string) => void }} actions say: send a text to the room shown
 * @throws {Refusal} with words for the one who wrote it
 */
export async function perform(chat, name, rest, { go, say }) {
  const { room, role, me } = chat
  const command = commandNamed(name)
  if (!command) throw refused(t("There is no command {command}: /help shows them. To send it as a text, begin with two slashes.", { command: `/${name}` }))
  if (rest === "" && /^[^[]/.test(command.args)) throw refused(t("Write it so: {command}", { command: `/${name} ${command.args}` }))
  // Of a room that was just entered, the role in it may not be known yet: the server says no by itself.
  if (command.may && room.isKnown && !mayDo(command.may, room, role)) throw refused(t("You can’t use {command} in this room.", { command: `/${name}` }))
  switch (name) {
    case "help":
      return openHelp()
    case "me":
      return say(actionText(me.name, rest))
    case "shrug":
      return say(shrugText(rest))
    case "topic":
      return void (await chat.perform({ type: "set", room: room.name, topic: rest }))
    case "leave":
      return chat.leave(room.name)
    case "nick":
      return chat.rename(rest)
    case "join":
      return go(await joined(chat, rest))
    case "dm": {
      const { person, rest: text } = await one(chat, rest)
      go(await chat.enter({ type: "direct", users: [person.user] }))
      if (text) say(text)
      return
    }
    case "invite": {
      const { person } = await one(chat, rest)
      return void (await chat.perform({ type: "invite", room: room.name, user: person.user }))
    }
    default:
      return moderate(chat, /** @type {"mute" | "kick" | "ban"} */ (name), rest)
  }
}

const NOT = {
  mute: (/** @type {string} */ name) => t("You can’t mute {name}.", { name }),
  kick: (/** @type {string} */ name) => t("You can’t remove {name}.", { name }),
  ban: (/** @type {string} */ name) => t("You can’t ban {name}.", { name }),
}

/** @param {Chat} chat @param {"mute" | "kick" | "ban"} action @param {string} rest */
async function moderate(chat, action, rest) {
  const { room, role } = chat
  const { person, rest: reason } = await one(chat, rest)
  if (room.isKnown && !mayDo(action, room, role, room.roles.get(person.user) ?? "member")) throw refused(NOT[action](isolated(person.full)))
  const until = action === "mute" ? { until: new Date(Date.now() + MUTE_MS).toISOString() } : {}
  await chat.perform({ type: action, room: room.name, user: person.user, reason, ...until })
}

/** Return the room that somebody names, joined: one of their own by its title, or a public one by its name. @param {Chat} chat @param {string} text */
async function joined(chat, text) {
  const wanted = fold(text.replace(/^#/, ""))
  const own = ownRooms(chat).find(({ room, title }) => fold(title) === wanted || room === wanted)
  return own ? own.room : chat.enter({ type: "join", room: roomNameOf(text) })
}

/** Return the person whom a text begins with. @param {Chat} chat @param {string} text @returns {Promise<{ person: KnownPerson, rest: string }>} */
async function one(chat, text) {
  let { people, rest } = namedAt(text, knownPeople(chat))
  if (people.length === 0 && (await learnMembers(chat))) ({ people, rest } = namedAt(text, knownPeople(chat)))
  if (people.length === 0) throw refused(t("Nobody of that name is known here."))
  if (people.length > 1) throw refused(t("Several people are called that. Write the name with its mark: {names}", { names: people.map(({ full }) => isolated(full)).join(", ") }))
  return { person: people[0], rest }
}

/** @param {string} message */
function refused(message) {
  return new Refusal({ type: "error", message })
}
