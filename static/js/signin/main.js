// @ts-check
// The page to sign in: adds signing in by a passkey, where the browser can.

import { BASE } from "../engine/base.js"
import { NoAnswer, Refusal, request } from "../engine/http.js"
import { noAnswerWords, refusalWords } from "../refusals.js"
import { t } from "../texts.js"

/** @param {string} path @param {unknown} json */
function post(path, json) {
  return request(`${BASE}/api/passkeys/${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(json) })
}

async function signIn() {
  const problem = /** @type {HTMLElement} */ (document.getElementById("passkey-problem"))
  problem.textContent = ""
  try {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await post("options", { purpose: "sign_in" }))
    const found = /** @type {PublicKeyCredential} */ (await navigator.credentials.get({ publicKey }))
    await post("signin", { credential: found.toJSON() })
    location.assign(`${BASE}/`)
  } catch (error) {
    if (error instanceof Refusal) problem.textContent = refusalWords(error.reply)
    else if (error instanceof NoAnswer) problem.textContent = noAnswerWords()
    else problem.textContent = t("The browser gave no passkey.")
  }
}

const button = document.getElementById("passkey")
if (button && globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  button.hidden = false
  button.addEventListener("click", () => void signIn())
}
