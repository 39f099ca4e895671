// @ts-check
// The dialogs of a member's account: password, devices, what they wrote, its end.

import { call } from "../api.js"
import { BASE } from "../engine/base.js"
import { Refusal } from "../engine/http.js"
import { locale, t } from "../texts.js"
import { late, run } from "../views/dialogs.js"
import { byId, textElement } from "../views/elements.js"
import { checkbox, field, input, lineButton, openDialog } from "./dialog.js"
import { openLinkDevice } from "./link_device.js"

/** @import { Chat } from "../chat.js" */

/** @param {Chat} chat */
export function openAccount(chat) {
  const list = textElement("div", "", "dialog__menu")
  const { close } = openDialog({ title: t("Your account"), text: chat.names.full(chat.me), content: [list], cancel: t("Close") })
  const add = (/** @type {string} */ words, /** @type {() => unknown} */ work) => list.append(lineButton(words, work))
  add(t("Change the password…"), openPassword)
  add(t("Passkeys…"), () => run(list, async () => (await late(() => import("./passkeys.js"))).openPasskeys()))
  add(t("Devices…"), () => run(list, openDevices))
  add(t("Use another device, too…"), () => run(list, openLinkDevice))
  if (chat.role === "owner") add(t("People and this site…"), () => run(list, async () => (await late(() => import("./community.js"))).openCommunity(chat)))
  add(t("Download what you wrote"), () => location.assign(`${BASE}/api/me/export`))
  add(t("Delete the account…"), openDelete)
  add(t("Sign out…"), () => {
    close()
    byId("sign-out").click()
  })
}

function openPassword() {
  const old = input({ type: "password", autocomplete: "current-password", required: true })
  const fresh = input({ type: "password", autocomplete: "new-password", required: true, minLength: 8 })
  openDialog({
    title: t("Change the password"),
    text: t("Your other devices are signed out."),
    content: [field(t("The password until now"), old), field(t("The new one"), fresh, t("At least 8 characters."))],
    action: t("Change it"),
    work: () => call("me/password", { method: "POST", json: { old: old.value, new: fresh.value } }).then(() => {}),
  })
}

async function openDevices() {
  const list = textElement("ul", "", "members__list")
  list.setAttribute("role", "list")
  const show = async () => {
    const { devices } = await call("me/devices")
    list.replaceChildren(...devices.map(item))
  }
  /** @param {{ id: string, name: string, made_s: number, is_current: boolean }} device */
  const item = ({ id, name, made_s, is_current }) => {
    const row = textElement("li", "", "members__item")
    const words = textElement("span", name || t("A browser"), "members__name")
    const since = textElement("span", is_current ? t("this one") : t("since {date}", { date: new Date(1000 * made_s).toLocaleDateString(locale) }), "field-help")
    row.append(words, since)
    if (!is_current) row.append(lineButton(t("Sign out"), () => run(list, () => call(`me/devices/${id}`, { method: "DELETE" }).then(show))))
    return row
  }
  await show()
  openDialog({ title: t("Devices"), text: t("The browsers in which you are signed in."), content: [list], cancel: t("Close") })
}

function openDelete() {
  const password = input({ type: "password", autocomplete: "current-password", required: true })
  const messages = checkbox(t("Delete my messages, too"), false, t("Else they stay, with your name."))
  const sure = checkbox(t("I know that nobody can bring the account back"), false)
  openDialog({
    title: t("Delete the account"),
    content: [field(t("Your password"), password), messages.element, sure.element],
    action: t("Delete the account"),
    work: async () => {
      if (!sure.box.checked) throw new Refusal({ type: "error", message: t("Tick the last box if you are sure.") })
      await call("me", { method: "DELETE", json: { password: password.value, messages: messages.box.checked } })
      location.assign(`${BASE}/`)
    },
  })
}
