// @ts-check
// The dialog about a room: what it is for, its settings, its members, adding people, leaving it.

import { call, roomPath } from "../api.js"
import { durationWords } from "../event_words.js"
import { pathOf } from "../paths.js"
import { mayDo } from "../permissions.js"
import { accessOf, LOBBY, titleOf } from "../room_info.js"
import { t } from "../texts.js"
import { run } from "../views/dialogs.js"
import { textElement } from "../views/elements.js"
import { isolated } from "../wording.js"
import { checkbox, copyable, field, input, lineButton, openDialog, select } from "./dialog.js"
import { hookList } from "./hooks.js"
import { linkFields, showInvitation } from "./invitation.js"
import { MemberList } from "./member_list.js"
import { ACCESS_WORDS, TITLE_LIMIT, TOPIC_LIMIT } from "./new_room.js"
import { PeoplePicker } from "./people_picker.js"
import { reportList } from "./reports.js"
import { webhookSection } from "./webhooks.js"

/** @import { Chat } from "../chat.js" */
/** @import { Room } from "../room.js" */

const SLOW_S = [0, 5, 10, 30, 60, 300, 900, 3600]

/** @param {Chat} chat @param {{ go: (room: string) => void }} actions */
export function openAboutRoom(chat, actions) {
  const { room, role, me } = chat
  const access = accessOf(room.name)
  const settings = settingsOf(room, role)
  const members = new MemberList(chat, room)
  const { close } = openDialog({
    title: titleOf(room, me.user),
    text: settings.fields.length > 0 ? "" : room.topic,
    content: [
      textElement("p", ACCESS_WORDS[access], "field-help"),
      ...settings.fields,
      ...(settings.fields.length > 0 ? [saveButton(chat, room, settings.changed)] : []),
      ...(access === "unlisted" || access === "public" ? [heading(t("Address")), copyable(new URL(pathOf(room.name), location.href).href, t("Address of this room"))] : []),
      ...(mayDo("delete", room, role) ? [heading(t("Reported messages")), reportList(room.name)] : []),
      ...(mayDo("hooks", room, role) ? [heading(t("Incoming webhooks")), hookList(room.name)] : []),
      ...(mayDo("webhooks", room, role) ? [webhookSection(room.name, heading(t("Outgoing webhooks")))] : []),
      heading(t("Members")),
      members.element,
      deeds(chat, room, members, actions, () => close()),
    ],
    cancel: t("Close"),
  })
}

/** @param {string} words */
function heading(words) {
  return textElement("h3", words, "side__title")
}

/** Return the fields of what this user may change, and a function that returns what is different. @param {Room} room @param {import("../permissions.js").ServerRole} role */
function settingsOf(room, role) {
  const fields = []
  /** @type {(() => Record<string, unknown>)[]} */ const readers = []
  if (mayDo("describe", room, role)) {
    const isDirect = accessOf(room.name) === "direct"
    const title = input({ value: room.title, maxLength: TITLE_LIMIT, placeholder: room.name })
    const topic = input({ value: room.topic, maxLength: TOPIC_LIMIT })
    if (!isDirect) fields.push(field(t("Title"), title))
    fields.push(field(t("Topic"), topic))
    readers.push(() => ({ ...(title.value.trim() !== room.title && title.value.trim() ? { title: title.value } : {}), ...(topic.value.trim() === room.topic ? {} : { topic: topic.value }) }))
  }
  if (mayDo("regulate", room, role)) {
    const spans = SLOW_S.includes(room.slowMode_s) ? SLOW_S : [...SLOW_S, room.slowMode_s]
    const slow = select(spans.map((span_s) => [String(span_s), span_s ? durationWords(span_s) : t("Off")]), String(room.slowMode_s))
    const locked = checkbox(t("Locked"), room.isLocked, t("Only moderators and owners write."))
    fields.push(field(t("Slow mode"), slow, t("The time between two messages of a member.")), locked.element)
    readers.push(() => ({
      ...(Number(slow.value) === room.slowMode_s ? {} : { slow_mode_s: Number(slow.value) }),
      ...(locked.box.checked === room.isLocked ? {} : { is_locked: locked.box.checked }),
    }))
  }
  if (mayDo("archive", room, role)) {
    const archived = checkbox(t("Archived"), room.isArchived, t("It can be read, and nobody writes."))
    fields.push(archived.element)
    readers.push(() => (archived.box.checked === room.isArchived ? {} : { is_archived: archived.box.checked }))
  }
  return { fields, changed: () => Object.assign({}, ...readers.map((read) => read())) }
}

/** @param {Chat} chat @param {Room} room @param {() => Record<string, unknown>} changed */
function saveButton(chat, room, changed) {
  const row = textElement("div", "", "field-row")
  const said = textElement("span", "", "field-help")
  said.setAttribute("role", "status")
  const button = lineButton(t("Save"), () => run(row, async () => {
    said.textContent = ""
    const settings = changed()
    if (Object.keys(settings).length > 0) await chat.perform({ type: "set", room: room.name, ...settings })
    said.textContent = t("Saved.")
  })) // prettier-ignore
  row.append(button, said)
  return row
}

/** @param {Chat} chat @param {Room} room @param {MemberList} members @param {{ go: (room: string) => void }} actions @param {() => void} close */
function deeds(chat, room, members, { go }, close) {
  const row = textElement("div", "", "dialog__deeds")
  if (mayDo("invite", room, chat.role)) {
    row.append(lineButton(t("Add people…"), () => openAddPeople(chat, room, members)))
    row.append(lineButton(t("Invite by a link…"), () => openInviteLink(room)))
  }
  if (mayDo("leave", room, chat.role)) row.append(lineButton(t("Leave"), () => run(row, async () => {
    await chat.leave(room.name)
    close()
  }))) // prettier-ignore
  if (mayDo("remove", room, chat.role)) {
    const button = lineButton(t("Delete this room…"), () => run(row, async () => {
      if (!button.dataset.isSure) {
        button.dataset.isSure = "true"
        button.textContent = t("Really delete it, with all that was said?") // the second press does it
        return
      }
      await call(roomPath(room.name), { method: "DELETE" })
      close()
      if (chat.current === room.name) go(LOBBY)
      chat.learnRooms([], [room.name])
    })) // prettier-ignore
    button.classList.add("button--danger")
    row.append(button)
  }
  return row
}

/** @param {Chat} chat @param {Room} room @param {MemberList} members */
function openAddPeople(chat, room, members) {
  const picker = new PeoplePicker(chat, (user) => members.users.has(user))
  openDialog({
    title: t("Add people to {room}", { room: isolated(titleOf(room, chat.me.user)) }),
    content: picker.elements,
    action: t("Add"),
    work: async () => {
      for (const user of picker.chosen.keys()) await chat.perform({ type: "invite", room: room.name, user })
    },
  })
}

/** @param {Room} room */
function openInviteLink(room) {
  const { fields, chosen } = linkFields()
  openDialog({
    title: t("Invite by a link"),
    text: t("Whoever opens it joins this room. It takes the place of the last link that you made for it."),
    content: fields,
    action: t("Make the link"),
    work: async () => {
      const { url } = await call(`${roomPath(room.name)}/invites`, { method: "POST", json: chosen() })
      showInvitation(url)
    },
  })
}
