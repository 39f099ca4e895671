// @ts-check
// The dialog that opens a direct room with one or several people.

import { Refusal } from "../engine/http.js"
import { t } from "../texts.js"
import { openDialog } from "./dialog.js"
import { PeoplePicker } from "./people_picker.js"

/** @import { Chat } from "../chat.js" */

/** @param {Chat} chat @param {{ go: (room: string) => void }} actions */
export function openWriteTo(chat, { go }) {
  const picker = new PeoplePicker(chat)
  openDialog({
    title: t("Write to somebody"),
    text: t("Choose one person, or several: they all read what is said."),
    content: picker.elements,
    action: t("Write"),
    work: async () => {
      const users = [...picker.chosen.keys()]
      if (users.length === 0) throw new Refusal({ type: "error", message: t("Choose somebody first.") })
      go(await chat.enter({ type: "direct", users }))
    },
  })
}
