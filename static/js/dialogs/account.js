// @ts-check
// The dialogs of a member's account: password, devices, what they wrote, its end.

import { call } from "../api.js"
import { BASE } from "../engine/base.js"
import { Refusal } from "../engine/http.js"
import { late, run } from "../views/dialogs.js"
import { byId, textElement } from "../views/elements.js"
import { checkbox, field, input, lineButton, openDialog } from "./dialog.js"
import { openLinkDevice } from "./link_device.js"

/** @import { Chat } from "../chat.js" */

/** @param {Chat} chat */
export function openAccount(chat) {
  const list = textElement("div", "", "dialog__menu")
  const { close } = openDialog({ title: "Your account", text: chat.names.full(chat.me), content: [list], cancel: "Close" })
  const add = (/** @type {string} */ words, /** @type {() => unknown} */ work) => list.append(lineButton(words, work))
  add("Change the password…", openPassword)
  add("Passkeys…", () => run(list, async () => (await late(import("./passkeys.js"))).openPasskeys()))
  add("Devices…", () => run(list, openDevices))
  add("Use another device, too…", () => run(list, openLinkDevice))
  if (chat.role === "owner") add("People and this site…", () => run(list, async () => (await late(import("./community.js"))).openCommunity(chat)))
  add("Download what you wrote", () => location.assign(`${BASE}/api/me/export`))
  add("Delete the account…", openDelete)
  add("Sign out…", () => {
    close()
    byId("sign-out").click()
  })
}

function openPassword() {
  const old = input({ type: "password", autocomplete: "current-password", required: true })
  const fresh = input({ type: "password", autocomplete: "new-password", required: true, minLength: 8 })
  openDialog({
    title: "Change the password",
    text: "Your other devices are signed out.",
    content: [field("The password until now", old), field("The new one", fresh, "At least 8 characters.")],
    action: "Change it",
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
    const words = textElement("span", name || "A browser", "members__name")
    const since = textElement("span", is_current ? "this one" : `since ${new Date(1000 * made_s).toLocaleDateString()}`, "field-help")
    row.append(words, since)
    if (!is_current) row.append(lineButton("Sign out", () => run(list, () => call(`me/devices/${id}`, { method: "DELETE" }).then(show))))
    return row
  }
  await show()
  openDialog({ title: "Devices", text: "The browsers in which you are signed in.", content: [list], cancel: "Close" })
}

function openDelete() {
  const password = input({ type: "password", autocomplete: "current-password", required: true })
  const messages = checkbox("Delete my messages, too", false, "Else they stay, with your name.")
  const sure = checkbox("I know that nobody can bring the account back", false)
  openDialog({
    title: "Delete the account",
    content: [field("Your password", password), messages.element, sure.element],
    action: "Delete the account",
    work: async () => {
      if (!sure.box.checked) throw new Refusal({ type: "error", message: "Tick the last box if you are sure." })
      await call("me", { method: "DELETE", json: { password: password.value, messages: messages.box.checked } })
      location.assign(`${BASE}/`)
    },
  })
}
