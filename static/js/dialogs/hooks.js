// @ts-check
// The incoming webhooks of a room: addresses by which other services speak there.

import { call, roomPath } from "../api.js"
import { locale, t } from "../texts.js"
import { run } from "../views/dialogs.js"
import { textElement } from "../views/elements.js"
import { field, input, lineButton, openDialog, showOnce } from "./dialog.js"
import { usedWords } from "./used_words.js"

/** @typedef {{ id: string, name: string, made_s: number, used_s: number | null }} Hook */

const NAME_LIMIT = 32

/** Return a list that is loaded once it is shown. @param {string} room */
export function hookList(room) {
  const element = textElement("div", "", "members")
  const path = `${roomPath(room)}/hooks`
  const load = async () => {
    const { hooks } = await call(path)
    const list = textElement("ul", "", "members__list")
    list.setAttribute("role", "list")
    list.append(...hooks.map((/** @type {Hook} */ hook) => item(hook)))
    const none = textElement("p", t("Addresses by which other services write here, such as a build or an alert."), "field-help")
    element.replaceChildren(hooks.length > 0 ? list : none, lineButton(t("Add a webhook…"), () => openNewHook(path, load)))
  }
  /** @param {Hook} hook */
  const item = ({ id, name, used_s }) => {
    const row = textElement("li", "", "members__item")
    const shown = textElement("span", name, "members__name")
    shown.dir = "auto"
    row.append(shown, textElement("span", usedWords(used_s, locale), "field-help"))
    row.append(lineButton(t("End it"), () => run(element, () => call(`${path}/${id}`, { method: "DELETE" }).then(load))))
    return row
  }
  void run(element, load)
  return element
}

/** @param {string} path @param {() => Promise<void>} load */
function openNewHook(path, load) {
  const name = input({ name: "name", maxLength: NAME_LIMIT, required: true })
  openDialog({
    title: t("New webhook"),
    text: t("Whoever knows its address can write in this room, and do nothing else."),
    content: [field(t("Name"), name, t("Shown beside its messages."))],
    action: t("Make the webhook"),
    work: async () => {
      const { url } = await call(path, { method: "POST", json: { name: name.value } })
      showOnce(t("The webhook’s address"), url)
      await load()
    },
  })
}
