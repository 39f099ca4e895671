// @ts-check
// The reports of a room's messages that nobody has dealt with, for those who keep order there.

import { call, roomPath } from "../api.js"
import { pathOf } from "../paths.js"
import { locale, t } from "../texts.js"
import { run } from "../views/dialogs.js"
import { textElement } from "../views/elements.js"
import { isolated } from "../wording.js"
import { lineButton } from "./dialog.js"

/** @typedef {{ offset: number, whom: string, whom_name: string, user: string, name: string, time: string, reason?: string }} Report */

/** Return a list that is loaded once it is shown. @param {string} room */
export function reportList(room) {
  const element = textElement("div", "", "members")
  const path = `${roomPath(room)}/reports`
  const load = async () => {
    const { reports } = await call(path)
    const list = textElement("ul", "", "members__list")
    list.setAttribute("role", "list")
    list.append(...reports.map((/** @type {Report} */ report) => item(report)))
    element.replaceChildren(reports.length > 0 ? list : textElement("p", t("There are none."), "field-help"))
  }
  /** @param {Report} report */
  const item = ({ offset, whom_name, name, time, reason = "" }) => {
    const row = textElement("li", "", "members__item")
    const link = document.createElement("a")
    link.href = pathOf(room, offset)
    link.textContent = t("A message of {name}", { name: isolated(whom_name) })
    const words = textElement("span", [reason, name, new Date(time).toLocaleString(locale)].filter(Boolean).map(isolated).join(" · "), "field-help")
    row.append(link, words, lineButton(t("Done"), () => run(element, () => call(`${path}/${offset}`, { method: "DELETE" }).then(load))))
    return row
  }
  void run(element, load)
  return element
}
