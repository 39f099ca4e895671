// @ts-check
// Says above the composer why somebody can't write now, or how often they can. Pure.

import { durationWords, endWords } from "./event_words.js"
import { mayDo } from "./permissions.js"
import { muteLeft_ms } from "./room_info.js"
import { t } from "./texts.js"

/** @import { ServerRole } from "./permissions.js" */
/** @import { Room } from "./room.js" */

/**
 * Return the note above the composer, or null; isBlocking: nothing can be sent, the text stays.
 * @param {Room} room @param {ServerRole} role @param {Date} now @returns {{ text: string, isBlocking: boolean } | null}
 */
export function composerNote(room, role, now) {
  if (room.isArchived) return { text: t("This room is archived: nobody writes here any more."), isBlocking: true }
  if (muteLeft_ms(room, now.getTime()) > 0) {
    const until = endWords(room.mutedUntil, now)
    return { text: until ? t("You are muted here until {until}.", { until }) : t("You are muted here."), isBlocking: true }
  }
  if (!mayDo("write", room, role)) return { text: t("This room is locked: only its moderators write."), isBlocking: true }
  if (room.slowMode_s > 0 && !mayDo("regulate", room, role)) {
    return { text: t("Slow mode: {span} between two messages.", { span: durationWords(room.slowMode_s) }), isBlocking: false }
  }
  return null
}
