// @ts-check
// The bots of this site, for its owners: programs with a name and a token.

import { call } from "../api.js"
import { list as listFormat, locale, t } from "../texts.js"
import { run } from "../views/dialogs.js"
import { textElement } from "../views/elements.js"
import { checkbox, field, input, lineButton, openDialog, showOnce } from "./dialog.js"
import { usedWords } from "./used_words.js"

/** @typedef {{ id: string, name: string, scopes: string[], rooms: string[] | null, used_s: number | null }} Bot */

const NAME_LIMIT = 32
/** @type {Record<string, [string, string]>} the words of each scope, and what it allows */
const SCOPES = {
  read: [t("Read"), t("Find, read, join and leave rooms.")],
  send: [t("Send"), t("Write, edit and delete its own messages, react, upload.")],
  manage: [t("Manage"), t("Make rooms, and keep order where it is a moderator or owner.")],
}

export async function openBots() {
  const element = textElement("div", "", "members")
  const load = async () => {
    const { bots } = await call("bots")
    const list = textElement("ul", "", "members__list")
    list.setAttribute("role", "list")
    list.append(...bots.map((/** @type {Bot} */ bot) => item(bot)))
    const none = textElement("p", t("There are none."), "field-help")
    element.replaceChildren(bots.length > 0 ? list : none, lineButton(t("Add a bot…"), () => openNewBot(load)))
  }
  /** @param {Bot} bot */
  const item = ({ id, name, scopes, rooms, used_s }) => {
    const row = textElement("li", "", "members__item")
    const shown = textElement("span", name, "members__name")
    shown.dir = "auto"
    const may = listFormat.format(scopes.map((scope) => SCOPES[scope]?.[0] ?? scope))
    const about = [may, ...(rooms ? [listFormat.format(rooms)] : []), usedWords(used_s, locale)].join(" · ")
    row.append(shown, lineButton(t("New token"), () => run(element, () => renew(id))))
    row.append(endButton(() => run(element, () => call(`bots/${id}`, { method: "DELETE" }).then(load))))
    row.append(textElement("span", about, "field-help members__about"))
    return row
  }
  await load()
  openDialog({ title: t("Bots"), text: t("Programs that take part, each with a name and a token of its own."), content: [element], cancel: t("Close") })
}

/** @param {string} id */
async function renew(id) {
  const { token } = await call(`bots/${id}/token`, { method: "POST" })
  showOnce(t("The bot’s new token"), token)
}

/** Return a button whose second press does it. @param {() => unknown} work */
function endButton(work) {
  let isSure = false
  const button = lineButton(t("End it"), () => {
    if (isSure) return work()
    isSure = true
    button.textContent = t("Really end it?")
  })
  return button
}

/** @param {() => Promise<void>} load */
function openNewBot(load) {
  const name = input({ name: "name", maxLength: NAME_LIMIT, required: true })
  const boxes = Object.entries(SCOPES).map(([scope, [words, help]]) => ({ scope, ...checkbox(words, scope !== "manage", help) }))
  const rooms = input({ placeholder: "general, dev" })
  openDialog({
    title: t("New bot"),
    content: [field(t("Name"), name), ...boxes.map(({ element }) => element), field(t("Only in these rooms"), rooms, t("Their names, with commas between them. Without any it is for all rooms."))],
    action: t("Make the bot"),
    work: async () => {
      const scopes = boxes.filter(({ box }) => box.checked).map(({ scope }) => scope)
      const named = rooms.value.split(",").map((room) => room.trim().replace(/^#/, "")).filter(Boolean) // prettier-ignore
      const { token } = await call("bots", { method: "POST", json: { name: name.value, scopes, rooms: named.length > 0 ? named : null } })
      showOnce(t("The bot’s token"), token)
      await load()
    },
  })
}
