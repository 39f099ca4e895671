// @ts-check
// Dialogs before somebody is muted, removed or banned: for how long, and why.

import { durationWords } from "../event_words.js"
import { t } from "../texts.js"
import { isolated } from "../wording.js"
import { field, input, openDialog, select } from "./dialog.js"

/** @import { Chat } from "../chat.js" */
/** @import { Person } from "../room.js" */
/** @import { Message } from "../timeline.js" */

const REASON_LIMIT = 200
const HOUR_S = 3600
const DAY_S = 24 * HOUR_S
const MUTES_S = [900, HOUR_S, DAY_S, 7 * DAY_S]
const BANS_S = [HOUR_S, DAY_S, 7 * DAY_S, 30 * DAY_S]
const ADDRESSES_S = [HOUR_S, DAY_S]

/** @typedef {{ title: (name: string) => string, text: string, action: string, spans?: readonly (readonly [string, string])[] }} Words spans: seconds and words; "" without an end */
/** @type {Record<"mute" | "kick" | "ban", Words>} */
const WORDS = {
  mute: {
    title: (name) => t("Mute {name}?", { name }),
    text: t("They go on reading, and can't write in this room."),
    action: t("Mute"),
    spans: [...spansOf(MUTES_S), ["", t("Until somebody lifts it")]],
  },
  kick: {
    title: (name) => t("Remove {name}?", { name }),
    text: t("They leave this room at once. In a room that is open to them, they may join again."),
    action: t("Remove"),
  },
  ban: {
    title: (name) => t("Ban {name}?", { name }),
    text: t("They leave this room at once, and can't join again."),
    action: t("Ban"),
    spans: [...spansOf(BANS_S), ["", t("For good")]],
  },
}

/** @param {readonly number[]} spans_s */
function spansOf(spans_s) {
  return spans_s.map((span_s) => /** @type {const} */ ([String(span_s), durationWords(span_s)]))
}

/** @param {Chat} chat @param {"mute" | "kick" | "ban"} action @param {Person} person */
export function openModeration(chat, action, person) {
  const { title, text, action: words, spans } = WORDS[action]
  const room = chat.current
  const span = spans ? select(spans, action === "mute" ? String(MUTES_S[0]) : "") : null
  const reason = input({ maxLength: REASON_LIMIT, name: "reason" })
  const addresses = action === "ban" && chat.role === "owner" ? select([["", t("No")], ...spansOf(ADDRESSES_S)], "") : null
  if (addresses) addresses.name = "addresses"
  openDialog({
    title: title(isolated(chat.names.full(person))),
    text,
    content: [
      ...(span ? [field(t("For how long"), span)] : []),
      field(t("Why"), reason, t("Everybody in the room reads it.")),
      ...(addresses ? [field(t("Also keep out whoever comes from their address"), addresses, t("Of this whole site, and them, too. It may be the address of an office."))] : []),
    ],
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
    title: t("Report this message of {name}?", { name: isolated(chat.names.full({ user, name })) }),
    text: t("The moderators of this room and the owners of this place are told of it."),
    content: [field(t("Why"), reason, t("They read it, and who wrote the message does not."))],
    action: t("Report"),
    work: () => chat.perform({ type: "report", room, offset, reason: reason.value.trim() }),
  })
}
