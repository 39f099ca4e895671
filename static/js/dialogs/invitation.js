// @ts-check
// What dialogs have that make a link of invitation: for how many, for how long, and the link itself.

import { durationWords } from "../event_words.js"
import { t } from "../texts.js"
import { copyable, field, input, openDialog, select } from "./dialog.js"

const DAYS = [1, 7, 30]
const DAY_S = 86_400

/** Return the fields of a link, and a function that returns what is chosen in them. */
export function linkFields() {
  const uses = input({ type: "number", min: "1", max: "1000", value: "1", required: true })
  const days = select(DAYS.map((count) => /** @type {const} */ ([String(count), durationWords(count * DAY_S)])), "7")
  return {
    fields: [field(t("For how many people"), uses), field(t("For how long"), days)],
    chosen: () => ({ uses: Number(uses.value), days: Number(days.value) }),
  }
}

/** @param {string} url */
export function showInvitation(url) {
  openDialog({ title: t("Your invitation"), text: t("It is shown only now. Send it only to those who are meant."), content: [copyable(url, t("Invitation link"))], cancel: t("Close") })
}
