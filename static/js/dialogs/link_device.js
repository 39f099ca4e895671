// @ts-check
// The dialog with a link and a QR code that sign in one more device as the same user.

import { call } from "../api.js"
import { durationWords } from "../event_words.js"
import { t } from "../texts.js"
import { textElement } from "../views/elements.js"
import { copyable, openDialog } from "./dialog.js"

/** @returns {Promise<void>} */
export async function openLinkDevice() {
  const { url, qr, valid_s } = await call("me/link", { method: "POST", json: {} })
  const picture = textElement("div", "", "qr")
  picture.append(Object.assign(new Image(), { src: qr, alt: t("QR code of the link"), width: 200, height: 200 }))
  openDialog({
    title: t("Use another device, too"),
    text: t("Scan the code there, or open the link: it signs in as you, once, within {span}. Show it to nobody else.", { span: durationWords(valid_s) }),
    content: [picture, copyable(url, t("Link for another device"))],
    cancel: t("Close"),
  })
}
