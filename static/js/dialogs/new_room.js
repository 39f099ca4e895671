// @ts-check
// The dialog that makes a room with a title: public, unlisted or private.

import { newKey } from "../parley.js"
import { t } from "../texts.js"
import { textElement } from "../views/elements.js"
import { field, input, openDialog, select } from "./dialog.js"

/** @import { Chat } from "../chat.js" */

export const TITLE_LIMIT = 80
export const TOPIC_LIMIT = 250
/** @type {Record<string, string>} */
export const ACCESS_WORDS = {
  public: t("Everybody finds it, reads it and may join."),
  unlisted: t("Whoever has its address reads it and may join. It is in no list."),
  private: t("Only its members know of it. They add others."),
  direct: t("A talk between these people, for nobody else."),
}
const ACCESS = /** @type {const} */ ([["public", t("Public")], ["unlisted", t("Unlisted")], ["private", t("Private")]]) // prettier-ignore

/** @param {Chat} chat @param {{ go: (room: string) => void }} actions */
export function openNewRoom(chat, { go }) {
  const rooms = /** @type {HTMLDialogElement} */ (/** @type {unknown} */ (document.getElementById("room-dialog")))
  const found = /** @type {HTMLInputElement} */ (document.getElementById("room-input")).value
  rooms.close()
  const title = input({ name: "title", maxLength: TITLE_LIMIT, required: true, value: found })
  const topic = input({ name: "topic", maxLength: TOPIC_LIMIT })
  const access = select(ACCESS, "private")
  access.name = "access"
  const help = textElement("p", ACCESS_WORDS.private, "field-help")
  const key = newKey() // whoever presses again for want of an answer makes one room
  access.addEventListener("change", () => (help.textContent = ACCESS_WORDS[access.value]))
  openDialog({
    title: t("New room"),
    content: [field(t("Title"), title), field(t("Topic"), topic, t("What it is for, if that needs saying.")), field(t("Who may come in"), access), help],
    action: t("Make the room"),
    work: async () => {
      const room = await chat.enter({ type: "create", title: title.value, topic: topic.value, access: access.value, key })
      go(room)
    },
  })
}
