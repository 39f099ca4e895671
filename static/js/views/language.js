// @ts-check
// Chooses the language of the pages: by a cookie, for the server renders them.

import { BASE } from "../engine/base.js"
import { byId } from "./elements.js"

const COOKIE = "parley_language" // as in chat/requests/language.py
const YEAR_S = 365 * 86_400

/** Reload the page in another language when it is chosen. What waits and what is written stays. */
export function offerLanguages() {
  const select = /** @type {HTMLSelectElement} */ (byId("language"))
  select.addEventListener("change", () => {
    const age_s = select.value === "" ? 0 : YEAR_S // nothing: the browser's
    document.cookie = `${COOKIE}=${select.value}; Path=${BASE}/; Max-Age=${age_s}; SameSite=Lax${location.protocol === "https:" ? "; Secure" : ""}`
    location.reload()
  })
}
