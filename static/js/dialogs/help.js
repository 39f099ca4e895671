// @ts-check
// The dialog with the keys and commands.

import { t } from "../texts.js"
import { isTouch, textElement } from "../views/elements.js"
import { keyHelp } from "../writing/keys.js"
import { COMMANDS } from "../writing/slash.js"
import { openDialog } from "./dialog.js"

export function openHelp() {
  const isMac = /Mac|iPhone|iPad/.test(navigator.platform)
  const keys = list(keyHelp(isMac).map(({ keys, words }) => ({ term: keys.map((key) => textElement("kbd", key)), words })))
  const commands = list(COMMANDS.map(({ name, args, help }) => ({ term: [textElement("code", `/${name} ${args}`.trim())], words: help })))
  const note = textElement("p", t("A text that begins with two slashes is sent with one, as it is."), "field-help")
  const parts = [[textElement("h3", t("Keys")), keys], [textElement("h3", t("Commands")), commands, note]] // prettier-ignore
  if (isTouch()) parts.reverse() // there may be no keyboard
  openDialog({ title: t("Keys and commands"), content: parts.flat(), cancel: t("Close") })
}

/** @param {readonly { term: readonly Node[], words: string }[]} rows */
function list(rows) {
  const element = textElement("dl", "", "help")
  for (const { term, words } of rows) {
    const name = document.createElement("dt")
    term.forEach((part, at) => name.append(...(at > 0 ? [" ", part] : [part])))
    element.append(name, textElement("dd", words))
  }
  return element
}
