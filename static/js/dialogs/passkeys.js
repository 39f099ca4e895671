// @ts-check
// The dialog with a member's passkeys, by which they sign in without a password.

import { call } from "../api.js"
import { Refusal } from "../engine/http.js"
import { locale, t } from "../texts.js"
import { run } from "../views/dialogs.js"
import { textElement } from "../views/elements.js"
import { lineButton, openDialog } from "./dialog.js"

/** @typedef {{ id: string, name: string, made_s: number }} Passkey */

export async function openPasskeys() {
  const list = textElement("ul", "", "members__list")
  list.setAttribute("role", "list")
  const show = async () => {
    /** @type {Passkey[]} */ const passkeys = (await call("passkeys")).passkeys
    list.replaceChildren(...passkeys.map(item))
    if (passkeys.length === 0) list.append(textElement("li", t("There are none."), "field-help"))
  }
  const item = (/** @type {Passkey} */ { id, name, made_s }) => {
    const row = textElement("li", "", "members__item")
    row.append(textElement("span", name || t("A passkey"), "members__name"), textElement("span", t("since {date}", { date: new Date(1000 * made_s).toLocaleDateString(locale) }), "field-help"))
    row.append(lineButton(t("Remove"), () => run(list, () => call(`passkeys/${id}`, { method: "DELETE" }).then(show))))
    return row
  }
  await show()
  const canMake = "parseCreationOptionsFromJSON" in (globalThis.PublicKeyCredential ?? {})
  openDialog({
    title: t("Passkeys"),
    text: canMake ? t("Sign in with this device’s screen lock or a security key, without a password.") : t("This browser can’t make one here: it takes HTTPS."),
    content: [list],
    action: canMake ? t("Add this device") : "",
    cancel: t("Close"),
    work: async () => {
      await register()
      await show()
      return true
    },
  })
}

async function register() {
  const options = await call("passkeys/options", { method: "POST", json: { purpose: "register" } })
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
  const made = /** @type {PublicKeyCredential | null} */ (await navigator.credentials.create({ publicKey }))
  if (!made) throw new Refusal({ type: "error", message: t("The browser made no passkey.") })
  await call("passkeys", { method: "POST", json: { credential: made.toJSON() } })
}
