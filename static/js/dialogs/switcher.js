// @ts-check
// The quick switcher: goes to a room, a person or a message by a few letters.

import { describeRoom, search } from "../api.js"
import { NoAnswer, Refusal } from "../engine/http.js"
import { hueOf, initialOf } from "../names.js"
import { PASSING } from "../refusals.js"
import { newRoom } from "../room.js"
import { accessOf, labelOf } from "../room_info.js"
import { locale, t, tn } from "../texts.js"
import { textElement } from "../views/elements.js"
import { OptionList } from "../views/option_list.js"
import { run, wordsOf } from "../views/dialogs.js"
import { isolated } from "../wording.js"
import { knownPeople, learnMembers, otherRooms, ownRooms } from "../writing/known.js"
import { bestOf } from "../writing/ranking.js"
import { queryOf } from "../writing/search_words.js"
import { input, openDialog } from "./dialog.js"

/** @import { Found, Results } from "../api.js" */
/** @import { Chat } from "../chat.js" */
/** @import { KnownPerson, KnownRoom } from "../writing/known.js" */
/** @import { Room } from "../room.js" */
/** @import { Option } from "../views/option_list.js" */

/** @typedef {Option & { go: () => unknown }} Goal */
/** @typedef {Goal & { keys: import("../writing/ranking.js").Folded }} Named */

const SHOWN = 12
const SHOWN_BESIDE = 5 // rooms and people, where messages are found, too
const FOUND = 20
const PAUSE_MS = 200 // in writing, after which messages are looked for
const AGAIN_MS = 2000 // after a failure that passes

const dates = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" })

/** @param {Chat} chat @param {{ hasSearch: boolean, go: (room: string, offset?: number) => void, make: (name: string) => void }} actions */
export function openSwitcher(chat, { hasSearch, go, make }) {
  const field = input({ className: "field", placeholder: t("Room, person or words of a message"), ariaLabel: t("Find a room, a person or a message"), role: "combobox" })
  /** @type {readonly KnownRoom[]} */ let others = []
  /** @type {readonly Goal[]} */ let shown = []
  let asked = 0 // counts the questions: only the answer to the last one is shown
  /** @type {readonly Found[]} */ let messages = []
  /** @type {Map<string, Room>} */ const strangers = new Map() // rooms of messages, which this user is not in
  let pause = 0
  const words = textElement("p", "", "switcher__words")
  words.role = "status"
  const list = new OptionList(field, t("Rooms, people and messages"), (at) => run(field, async () => {
    await shown[at].go()
    close()
  })) // prettier-ignore

  /** @param {KnownRoom} room @returns {Named} */
  const roomGoal = ({ room, title, isMine, keys }) => {
    const { unread = 0, users } = chat.rooms.get(room) ?? {}
    const isDirect = accessOf(room) === "direct"
    const other = users?.find(({ user }) => user !== chat.me.user)
    const about = !isMine ? t("join") : unread > 0 ? tn(unread, "{count} unread", "{count} unread") : ""
    const enter = async () => go(isMine ? room : await chat.enter({ type: "join", room }))
    return { ...(isDirect ? { icon: initialOf(title), hue: hueOf(other?.user ?? chat.me.user) } : { icon: accessOf(room) === "private" ? "" : "#" }), text: title, about, keys, go: enter }
  }
  /** @param {KnownPerson} person @returns {Named} */
  const personGoal = ({ user, name, full, keys }) => ({
    icon: initialOf(name), hue: hueOf(user), text: full, about: t("write to them"), keys,
    go: async () => go(await chat.enter({ type: "direct", users: [user] })),
  }) // prettier-ignore
  /** @param {Found} found @returns {Goal} */
  const messageGoal = ({ room, offset, user, name, time, excerpt }) => {
    const label = labelOf(chat.rooms.get(room) ?? strangers.get(room) ?? newRoom(room), chat.me.user)
    return { icon: initialOf(name), hue: hueOf(user), text: name, excerpt, about: t("{room}, {time}", { room: isolated(label), time: dates.format(new Date(time)) }), go: () => go(room, offset) }
  }

  function look() {
    const query = field.value.trim().replace(/^[#@]/, "")
    const mine = ownRooms(chat).filter(({ room }) => room !== chat.current)
    // Before anything is typed: what is unread, and then the rooms as in the sidebar.
    const unread = (/** @type {KnownRoom} */ { room }) => Math.sign(chat.rooms.get(room)?.unread ?? 0)
    const rooms = [...mine.sort((a, b) => unread(b) - unread(a)), ...others].map(roomGoal)
    const direct = new Set([...chat.rooms.values()].flatMap(({ name, isMember, users }) => (accessOf(name) === "direct" && isMember && users?.length === 2 ? users.map(({ user }) => user) : [])))
    const people = knownPeople(chat).filter(({ user }) => !direct.has(user)) // the others have a room in the list
    const found = bestOf([...rooms, ...people.map(personGoal)], query, messages.length ? SHOWN_BESIDE : SHOWN)
    const isKnown = [...chat.rooms.keys(), ...others.map(({ room }) => room)].includes(query.toLowerCase())
    const more = query && !isKnown ? [{ icon: "+", text: t("Join or create “{room}”", { room: isolated(query) }), go: () => (close(), make(query)) }] : []
    shown = [...found, ...messages.map(messageGoal), ...more]
    list.show(shown)
  }
  async function find() {
    if (!content.isConnected) return // it was closed
    const query = queryOf(field.value)
    const question = asked
    /** @type {Results} */ let found = { results: [] }
    let said = ""
    let wait_ms = 0 // until it is asked again
    try {
      if (query) said = foundWords((found = await search(query, FOUND)))
    } catch (error) {
      wait_ms = againAfter_ms(error)
      said = error instanceof NoAnswer ? t("The server does not answer. The search goes on by itself as soon as it does.") : wordsOf(error)
    }
    if (question !== asked || list.hasMoved) return
    messages = found.results
    words.textContent = said
    look()
    if (wait_ms > 0) pause = window.setTimeout(() => (void ask(), void find()), wait_ms)
    void learnTitles()
  }
  /** Show rooms by their titles, also those that this user is not in. */
  async function learnTitles() {
    const rooms = new Set(messages.map(({ room }) => room).filter((room) => !chat.rooms.has(room) && !strangers.has(room)))
    if (rooms.size === 0) return
    await Promise.all([...rooms].map(async (room) => {
      // One that can't be described has no better name than its own.
      const { title = "" } = await describeRoom(room).catch(() => /** @type {{ title?: string }} */ ({}))
      strangers.set(room, Object.assign(newRoom(room), { title }))
    })) // prettier-ignore
    if (!list.hasMoved) look()
  }
  async function ask() {
    const question = ++asked
    const found = await otherRooms(field.value.trim().replace(/^#/, ""))
    if (question !== asked) return
    others = found
    if (!list.hasMoved) look()
  }

  field.addEventListener("input", () => {
    look()
    void ask()
    clearTimeout(pause)
    if (hasSearch) pause = window.setTimeout(() => void find(), PAUSE_MS)
  })
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || event.key === "Tab" || !list.handle(event)) return
    event.preventDefault()
  })
  const content = textElement("div", "", "switcher")
  content.append(field, list.element, words)
  const { close } = openDialog({ title: t("Go to"), content: [content], cancel: t("Close") })
  field.focus()
  look()
  void ask()
  void learnMembers(chat).then((isNew) => isNew && !list.hasMoved && look())
}

/** Return after how long it helps to ask again; 0: it does not. @param {unknown} error */
function againAfter_ms(error) {
  if (error instanceof NoAnswer) return AGAIN_MS
  return error instanceof Refusal && PASSING.has(error.reply.code ?? "") ? Math.max(AGAIN_MS, error.reply.retry_ms ?? 0) : 0
}

/** Return what to say below the messages that were found; "" if they say it all. @param {Results} found */
function foundWords({ results, is_building }) {
  if (is_building) return t("The search is still reading older messages: some may be missing.")
  return results.length === 0 ? t("No message has these words.") : ""
}
