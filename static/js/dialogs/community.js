// @ts-check
// The dialogs of this site's owners: its name and who may come in, invitations, people, what was done.

import { call } from "../api.js"
import { locale, t, tn } from "../texts.js"
import { run } from "../views/dialogs.js"
import { textElement } from "../views/elements.js"
import { isolated } from "../wording.js"
import { auditReason, auditWords } from "./audit_words.js"
import { openBots } from "./bots.js"
import { field, input, lineButton, openDialog, select } from "./dialog.js"
import { linkFields, showInvitation } from "./invitation.js"
import { readPeople } from "./people.js"
import { openPeople } from "./site_people.js"

/** @import { Chat } from "../chat.js" */

const GUESTS = /** @type {const} */ ([["on", t("may read and write")], ["read", t("may only read")], ["off", t("don’t come in")]]) // prettier-ignore
const SIGN_UP = /** @type {const} */ ([["open", t("Everybody")], ["invite", t("Whoever has an invitation")], ["closed", t("Nobody")]]) // prettier-ignore
/** @param {Chat} chat */
export function openCommunity(chat) {
  const list = textElement("div", "", "dialog__menu")
  const add = (/** @type {string} */ words, /** @type {() => Promise<unknown>} */ work) => list.append(lineButton(words, () => run(list, work)))
  add(t("Invite people…"), async () => openInvite())
  add(t("People…"), () => openPeople(chat))
  add(t("Invitations…"), openInvites)
  add(t("Bots…"), openBots)
  add(t("Name of this site, and who may come in…"), openSite)
  add(t("What was done…"), () => openAudit(chat))
  openDialog({ title: t("People and this site"), content: [list], cancel: t("Close") })
}

function openInvite() {
  const { fields, chosen } = linkFields()
  openDialog({
    title: t("Invite people"),
    text: t("You get a link. Whoever opens it may sign up here."),
    content: fields,
    action: t("Make the link"),
    work: async () => {
      const { url } = await call("invites", { method: "POST", json: chosen() })
      showInvitation(url)
    },
  })
}

async function openInvites() {
  const list = textElement("ul", "", "members__list")
  list.setAttribute("role", "list")
  const show = async () => {
    const { invites } = await call("invites")
    list.replaceChildren(...invites.map(item))
    if (invites.length === 0) list.append(textElement("li", t("There are none."), "field-help"))
  }
  /** @param {{ id: string, uses: number, until_s: number }} invite */
  const item = ({ id, uses, until_s }) => {
    const row = textElement("li", "", "members__item")
    const date = new Date(1000 * until_s).toLocaleDateString(locale)
    row.append(textElement("span", tn(uses, "For {count} more person, until {date}", "For {count} more people, until {date}", { date }), "members__name"))
    row.append(lineButton(t("End it"), () => run(list, () => call(`invites/${id}`, { method: "DELETE" }).then(show))))
    return row
  }
  await show()
  openDialog({ title: t("Invitations"), content: [list], cancel: t("Close") })
}

async function openSite() {
  const site = await call("site")
  const name = input({ value: site.name, maxLength: 80, required: true })
  const about = input({ value: site.about, maxLength: 400 })
  const guests = select(GUESTS, site.guests)
  const signUp = select(SIGN_UP, site.sign_up)
  openDialog({
    title: t("This site"),
    content: [field(t("Name"), name), field(t("What it is for"), about), field(t("People without an account"), guests), field(t("Who may sign up"), signUp)],
    action: t("Save"),
    work: async () => {
      await call("site", { method: "PATCH", json: { name: name.value, about: about.value, guests: guests.value, sign_up: signUp.value } })
    },
  })
}

/** @param {Chat} chat */
async function openAudit(chat) {
  const list = textElement("ol", "", "members__list")
  list.setAttribute("role", "list")
  const people = new Map((await readPeople()).map(({ user, name }) => [user, name]))
  let before = 0
  const more = lineButton(t("Earlier"), () => run(list, load))
  const load = async () => {
    const { entries, more: hasMore } = await call("audit", { query: before ? { before: String(before) } : {} })
    for (const entry of entries) {
      const { offset, time, name, whom = "", room = "" } = entry
      const row = textElement("li", "", "members__item")
      const who = { name: isolated(name), whom: isolated(people.get(whom) ?? chat.names.nameOf(whom)) }
      const where = chat.rooms.get(room)?.title || room
      const about = [where, new Date(time).toLocaleString(locale), auditReason(entry)].filter(Boolean).map(isolated).join(" · ")
      row.append(textElement("span", auditWords(entry, who), "audit__words"), textElement("span", about, "field-help"))
      list.append(row)
      before = offset
    }
    more.hidden = !hasMore
  }
  await load()
  openDialog({ title: t("What was done"), text: t("By owners and moderators, the newest first."), content: [list, more], cancel: t("Close") })
}
