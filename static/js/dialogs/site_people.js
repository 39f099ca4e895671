// @ts-check
// The dialog with all members of this site, for its owners: roles, forgotten passwords, keeping out.

import { call } from "../api.js"
import { BASE } from "../engine/base.js"
import { hueOf, initialOf, isBot } from "../names.js"
import { ROLE_WORDS } from "../role_words.js"
import { t } from "../texts.js"
import { run } from "../views/dialogs.js"
import { textElement } from "../views/elements.js"
import { isolated } from "../wording.js"
import { checkbox, copyable, field, input, lineButton, openDialog, select } from "./dialog.js"
import { readPeople } from "./people.js"

/** @import { Chat } from "../chat.js" */
/** @import { Member } from "./people.js" */

const ROLES = /** @type {const} */ (["member", "owner"]).map((role) => /** @type {const} */ ([role, ROLE_WORDS[role]]))
const SHOWN = 100

/** @param {Chat} chat */
export async function openPeople(chat) {
  const list = textElement("ul", "", "members__list members")
  list.setAttribute("role", "list")
  const search = input({ type: "search", placeholder: t("Find by name"), ariaLabel: t("Find people by name"), className: "field" })
  /** @type {Member[]} */ let people = []
  const render = () => {
    const query = search.value.trim().toLocaleLowerCase()
    const found = people.filter(({ name }) => name.toLocaleLowerCase().includes(query)).slice(0, SHOWN)
    list.replaceChildren(...found.map((person) => item(chat, person, reload)))
  }
  const reload = async () => {
    people = (await readPeople()).filter(({ user }) => !isBot(user)) // those have a dialog of their own
    render()
  }
  search.addEventListener("input", render)
  await reload()
  openDialog({ title: t("People"), content: [search, list], cancel: t("Close") })
}

/** @param {Chat} chat @param {Member} person @param {() => Promise<void>} reload */
function item(chat, person, reload) {
  const { user, name, role, disabled } = person
  const row = textElement("li", "", "members__item")
  const face = textElement("span", initialOf(name), "avatar avatar--small")
  face.setAttribute("aria-hidden", "true")
  face.dataset.hue = String(hueOf(user))
  const who = textElement("span", name, "members__name")
  who.dir = "auto"
  row.append(face, who)
  if (disabled !== undefined) row.append(textElement("span", disabled ? t("kept out: {reason}", { reason: isolated(disabled) }) : t("kept out"), "field-help"))
  const path = `people/${user}`
  const act = (/** @type {string} */ what, /** @type {unknown} */ json) => run(row, () => call(`${path}/${what}`, { method: "POST", json }))
  const choice = select(ROLES, role)
  choice.className = "field members__role"
  choice.ariaLabel = t("Role of {name}", { name: isolated(name) })
  choice.addEventListener("change", () => act("role", { role: choice.value }).then(reload))
  row.append(choice)
  if (user === chat.me.user) return row
  row.append(lineButton(t("Export…"), () => openExport(path, name)))
  row.append(lineButton(t("New password…"), () => openReset(path, name)))
  if (disabled !== undefined) row.append(lineButton(t("Let in"), () => act("disable", { disabled: false }).then(reload)))
  else if (role !== "owner") row.append(lineButton(t("Keep out…"), () => openKeepOut(path, name, reload)))
  return row
}

/** @param {string} path @param {string} name */
function openExport(path, name) {
  openDialog({
    title: t("What {name} wrote", { name: isolated(name) }),
    text: t("You get a file to hand to them. It lacks what they wrote in private rooms that you are not in; the server’s operator can export that, too."),
    action: t("Download"),
    work: async () => location.assign(`${BASE}/api/${path}/export`),
  })
}

/** @param {string} path @param {string} name */
function openReset(path, name) {
  openDialog({
    title: t("A new password for {name}", { name: isolated(name) }),
    text: t("You get a link to send to them, by which they set another password within a day. Their devices are then signed out."),
    action: t("Make the link"),
    work: async () => {
      const { url } = await call(`${path}/reset`, { method: "POST", json: {} })
      openDialog({ title: t("For {name}", { name: isolated(name) }), text: t("It is shown only now."), content: [copyable(url, t("Link for a new password"))], cancel: t("Close") })
    },
  })
}

/** @param {string} path @param {string} name @param {() => Promise<void>} reload */
function openKeepOut(path, name, reload) {
  const reason = input({ maxLength: 200 })
  const gone = checkbox(t("Delete the account"), false)
  const messages = checkbox(t("Delete their messages, too"), false)
  openDialog({
    title: t("Keep {name} out?", { name: isolated(name) }),
    text: t("They are signed out everywhere, and can't sign in."),
    content: [field(t("Why"), reason, t("They read it when they try.")), gone.element, messages.element],
    action: t("Keep out"),
    work: async () => {
      await call(`${path}/disable`, { method: "POST", json: { reason: reason.value.trim() } })
      if (gone.box.checked || messages.box.checked) await call(path, { method: "DELETE", json: { messages: messages.box.checked } })
      await reload()
    },
  })
}
