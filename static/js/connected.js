// @ts-check
// Connects as soon as the modules for the connection are loaded, before those of the page.

import { transportsAllowed } from "./engine/policy.js"
import { connect, NO_COOKIES } from "./parley.js"

/** @import { Boot } from "./chat.js" */

/** @type {Boot} what the server put into the page */
export const boot = JSON.parse(document.getElementById("boot")?.textContent ?? "")

const query = new URLSearchParams(location.search)

export const parley = connect({
  cursor: boot.cursor,
  user: boot.user,
  transports: transportsAllowed(location.search),
  tabs: query.get("tabs"),
  terms: boot.terms,
  isHeld: true,
})

// Without cookies, each request would come from a new guest.
if (!navigator.cookieEnabled) parley.leave(NO_COOKIES)
