// @ts-check
// The quick switcher: goes to a room or a person by a few letters.

import { hueOf, initialOf } from "../names.js"
import { accessOf } from "../room_info.js"
import { t, tn } from "../texts.js"
import { textElement } from "../views/elements.js"
import { OptionList } from "../views/option_list.js"
import { run } from "../views/dialogs.js"
import { isolated } from "../wording.js"
import { knownPeople, learnMembers, otherRooms, ownRooms } from "../writing/known.js"
import { bestOf } from "../writing/ranking.js"
import { input, openDialog } from "./dialog.js"

/** @import { Chat } from "../chat.js" */
/** @import { KnownPerson, KnownRoom } from "../writing/known.js" */
/** @import { Option } from "../views/option_list.js" */

/** @typedef {Option & { keys: import("../writing/ranking.js").Folded, go: () => unknown }} Goal */

const SHOWN = 12

/** @param {Chat} chat @param {{ go: (room: string) => void, make: (name: string) => void }} actions */
export function openSwitcher(chat, { go, make }) {
  const field = input({ className: "field", placeholder: t("Room or person"), ariaLabel: t("Find a room or a person"), role: "combobox" })
  /** @type {readonly KnownRoom[]} */ let others = []
  /** @type {readonly Goal[]} */ let shown = []
  let asked = 0 // counts the questions: only the answer to the last one is shown
  const list = new OptionList(field, t("Rooms and people"), (at) => run(field, async () => {
    await shown[at].go()
    close()
  })) // prettier-ignore

  /** @param {KnownRoom} room @returns {Goal} */
  const roomGoal = ({ room, title, isMine, keys }) => {
    const { unread = 0, users } = chat.rooms.get(room) ?? {}
    const isDirect = accessOf(room) === "direct"
    const other = users?.find(({ user }) => user !== chat.me.user)
    const about = !isMine ? t("join") : unread > 0 ? tn(unread, "{count} unread", "{count} unread") : ""
    const enter = async () => go(isMine ? room : await chat.enter({ type: "join", room }))
    return { ...(isDirect ? { icon: initialOf(title), hue: hueOf(other?.user ?? chat.me.user) } : { icon: accessOf(room) === "private" ? "" : "#" }), text: title, about, keys, go: enter }
  }
  /** @param {KnownPerson} person @returns {Goal} */
  const personGoal = ({ user, name, full, keys }) => ({
    icon: initialOf(name), hue: hueOf(user), text: full, about: t("write to them"), keys,
    go: async () => go(await chat.enter({ type: "direct", users: [user] })),
  }) // prettier-ignore

  function look() {
    const query = field.value.trim().replace(/^[#@]/, "")
    const mine = ownRooms(chat).filter(({ room }) => room !== chat.current)
    // Before anything is typed: what is unread, and then the rooms as in the sidebar.
    const unread = (/** @type {KnownRoom} */ { room }) => Math.sign(chat.rooms.get(room)?.unread ?? 0)
    const rooms = [...mine.sort((a, b) => unread(b) - unread(a)), ...others].map(roomGoal)
    const direct = new Set([...chat.rooms.values()].flatMap(({ name, isMember, users }) => (accessOf(name) === "direct" && isMember && users?.length === 2 ? users.map(({ user }) => user) : [])))
    const people = knownPeople(chat).filter(({ user }) => !direct.has(user)) // the others have a room in the list
    const found = bestOf([...rooms, ...people.map(personGoal)], query, SHOWN)
    const isKnown = [...chat.rooms.keys(), ...others.map(({ room }) => room)].includes(query.toLowerCase())
    const more = query && !isKnown ? [{ icon: "+", text: t("Join or create “{room}”", { room: isolated(query) }), keys: { names: [] }, go: () => (close(), make(query)) }] : []
    shown = [...found, ...more]
    list.show(shown)
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
  })
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || event.key === "Tab" || !list.handle(event)) return
    event.preventDefault()
  })
  const content = textElement("div", "", "switcher")
  content.append(field, list.element)
  const { close } = openDialog({ title: t("Go to"), content: [content], cancel: t("Close") })
  field.focus()
  look()
  void ask()
  void learnMembers(chat).then((isNew) => isNew && !list.hasMoved && look())
}
