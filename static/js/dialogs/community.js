// @ts-check
// The dialogs of this site's owners: its name and who may come in, invitations, people, what was done.

import { call } from "../api.js"
import { run } from "../views/dialogs.js"
import { textElement } from "../views/elements.js"
import { copyable, field, input, lineButton, openDialog, select } from "./dialog.js"
import { readPeople } from "./people.js"
import { openPeople } from "./site_people.js"

/** @import { Chat } from "../chat.js" */

const GUESTS = /** @type {const} */ ([["on", "may read and write"], ["read", "may only read"], ["off", "don’t come in"]]) // prettier-ignore
const SIGN_UP = /** @type {const} */ ([["open", "Everybody"], ["invite", "Whoever has an invitation"], ["closed", "Nobody"]]) // prettier-ignore
const DAYS = /** @type {const} */ ([["1", "1 day"], ["7", "7 days"], ["30", "30 days"]]) // prettier-ignore

/** @type {Record<string, string>} the words of the audit log for people */
const ACTS = {
  kick: "removed", ban: "banned", unban: "lifted the ban of", ban_addresses: "keeps out the addresses of", mute: "muted", unmute: "lets write again", delete: "deleted a message of", report: "reported a message of", close_report: "dealt with the report of a message of", reports_over: "closed reports of deleted messages",
  "role owner": "made an owner:", "role moderator": "made a moderator:", "role member": "made a member:", set: "changed the settings", remove: "deleted the room",
  sign_up: "signed up", sign_in: "signed in", set_up: "set this site up", invite: "made an invitation", end_invite: "ended an invitation",
  link: "made a link for one more device", end_device: "ended a device", password: "set another password", rename: "had another name",
  reset: "made a link for a new password of", export: "exported what was written by", role: "changed the role of", disable: "keeps out", enable: "lets in again", site: "changed this site",
} // prettier-ignore

/** @param {Chat} chat */
export function openCommunity(chat) {
  const list = textElement("div", "", "dialog__menu")
  const add = (/** @type {string} */ words, /** @type {() => Promise<unknown>} */ work) => list.append(lineButton(words, () => run(list, work)))
  add("Invite people…", async () => openInvite())
  add("People…", () => openPeople(chat))
  add("Invitations…", openInvites)
  add("Name of this site, and who may come in…", openSite)
  add("What was done…", () => openAudit(chat))
  openDialog({ title: "People and this site", content: [list], cancel: "Close" })
}

function openInvite() {
  const uses = input({ type: "number", min: "1", max: "1000", value: "1", required: true })
  const days = select(DAYS, "7")
  openDialog({
    title: "Invite people",
    text: "You get a link. Whoever opens it may sign up here.",
    content: [field("For how many people", uses), field("For how long", days)],
    action: "Make the link",
    work: async () => {
      const { url } = await call("invites", { method: "POST", json: { uses: Number(uses.value), days: Number(days.value) } })
      openDialog({ title: "Your invitation", text: "It is shown only now. Send it only to those who are meant.", content: [copyable(url, "Invitation link")], cancel: "Close" })
    },
  })
}

async function openInvites() {
  const list = textElement("ul", "", "members__list")
  list.setAttribute("role", "list")
  const show = async () => {
    const { invites } = await call("invites")
    list.replaceChildren(...invites.map(item))
    if (invites.length === 0) list.append(textElement("li", "There are none.", "field-help"))
  }
  /** @param {{ id: string, uses: number, until_s: number }} invite */
  const item = ({ id, uses, until_s }) => {
    const row = textElement("li", "", "members__item")
    row.append(textElement("span", `For ${uses} more, until ${new Date(1000 * until_s).toLocaleDateString()}`, "members__name"))
    row.append(lineButton("End it", () => run(list, () => call(`invites/${id}`, { method: "DELETE" }).then(show))))
    return row
  }
  await show()
  openDialog({ title: "Invitations", content: [list], cancel: "Close" })
}

async function openSite() {
  const site = await call("site")
  const name = input({ value: site.name, maxLength: 80, required: true })
  const about = input({ value: site.about, maxLength: 400 })
  const guests = select(GUESTS, site.guests)
  const signUp = select(SIGN_UP, site.sign_up)
  openDialog({
    title: "This site",
    content: [field("Name", name), field("What it is for", about), field("People without an account", guests), field("Who may sign up", signUp)],
    action: "Save",
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
  const more = lineButton("Earlier", () => run(list, load))
  const load = async () => {
    const { entries, more: hasMore } = await call("audit", { query: before ? { before: String(before) } : {} })
    for (const { offset, time, user, name, action, whom = "", room = "", reason = "" } of entries) {
      const where = chat.rooms.get(room)?.title || room
      const about = [whom && whom !== user && (people.get(whom) ?? chat.names.nameOf(whom)), room && `in ${where}`].filter(Boolean).join(" ")
      const row = textElement("li", "", "members__item")
      const what = ACTS[action] ?? action.replaceAll("_", " ")
      const words = textElement("span", `${name} ${what}${about ? ` ${about}` : ""}${reason ? `: ${reason}` : ""}`, "audit__words")
      row.append(words, textElement("span", new Date(time).toLocaleString(), "field-help"))
      list.append(row)
      before = offset
    }
    more.hidden = !hasMore
  }
  await load()
  openDialog({ title: "What was done", text: "By owners and moderators, the newest first.", content: [list, more], cancel: "Close" })
}
