// @ts-check
// Shows what nobody is shown again: the address of a webhook, the token of a bot.

import { t } from "../texts.js"
import { copyable, openDialog } from "./dialog.js"

/** @param {string} title @param {string} secret */
export function showSecret(title, secret) {
  openDialog({ title, text: t("This is shown only now. Copy it to where it is needed, and keep it secret."), content: [copyable(secret, title)], cancel: t("Close") })
}
