// @ts-check
// Dialogs before somebody is muted, removed or banned: for how long, and why.

import { isolated } from "../wording.js"
import { field, input, openDialog, select } from "./dialog.js"

/** @import { Chat } from "../chat.js" */
/** @import { Person } from "../room.js" */
/** @import { Message } from "../timeline.js" */

const REASON_LIMIT = 200
const HOUR_S = 3600
/** @type {Record<"mute" | "ban", (readonly [string, string])[]>} */
const SPANS = {
  mute: [["900", "15 minutes"], [`${HOUR_S}`, "1 hour"], [`${24 * HOUR_S}`, "1 day"], [`${168 * HOUR_S}`, "1 week"], ["", "Until somebody lifts it"]],
  ban: [[`${HOUR_S}`, "1 hour"], [`${24 * HOUR_S}`, "1 day"], [`${168 * HOUR_S}`, "1 week"], [`${720 * HOUR_S}`, "30 days"], ["", "For good"]],
} // prettier-ignore
const ADDRESSES = /** @type {const} */ ([["", "No"], [`${HOUR_S}`, "For 1 hour"], [`${24 * HOUR_S}`, "For 1 day"]]) // prettier-ignore
const WORDS = {
  mute: { title: "Mute", text: "They go on reading, and can't write in this room.", action: "Mute" },
  kick: { title: "Remove", text: "They leave this room at once. In a room that is open to them, they may join again.", action: "Remove" },
  ban: { title: "Ban", text: "They leave this room at once, and can't join again.", action: "Ban" },
}

/** @param {Chat} chat @param {"mute" | "kick" | "ban"} action @param {Person} person */
export function openModeration(chat, action, person) {
  const { title, text, action: words } = WORDS[action]
  const room = chat.current
  const span = action === "kick" ? null : select(SPANS[action], action === "mute" ? "900" : "")
  const reason = input({ maxLength: REASON_LIMIT, name: "reason" })
  const addresses = action === "ban" && chat.role === "owner" ? select(ADDRESSES, "") : null
  if (addresses) addresses.name = "addresses"
  openDialog({
    title: `${title} ${isolated(chat.names.full(person))}?`,
    text,
    content: [...(span ? [field("For how long", span)] : []), field("Why", reason, "Everybody in the room reads it."), ...(addresses ? [field("Also keep out whoever comes from their address", addresses, "Of this whole site, and them, too. It may be the address of an office.")] : [])],
    action: words,
    work: async () => {
      const until = span?.value ? { until: new Date(Date.now() + 1000 * Number(span.value)).toISOString() } : {}
      const wide = addresses?.value ? { addresses_s: Number(addresses.value) } : {}
      await chat.perform({ type: action, room, user: person.user, reason: reason.value.trim(), ...until, ...wide })
    },
  })
}

/** @param {Chat} chat @param {Message} message */
export function openReport(chat, { room, offset, user, name }) {
  const reason = input({ maxLength: REASON_LIMIT, name: "reason" })
  openDialog({
    title: `Report this message of ${isolated(chat.names.full({ user, name }))}?`,
    text: "The moderators of this room and the owners of this place are told of it.",
    content: [field("Why", reason, "They read it, and who wrote the message does not.")],
    action: "Report",
    work: () => chat.perform({ type: "report", room, offset, reason: reason.value.trim() }),
  })
}
