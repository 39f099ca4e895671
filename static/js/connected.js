// @ts-check
// The connection begins as soon as its own modules are here, before those of the page.

import { transportsAllowed } from "./engine/policy.js"
import { connect } from "./parley.js"

/** @import { Boot } from "./chat.js" */

/** @type {Boot} what the server put into the page */
export const boot = JSON.parse(document.getElementById("boot")?.textContent ?? "")

const query = new URLSearchParams(location.search)

export const parley = connect({
  cursor: boot.cursor,
  transports: transportsAllowed(location.search),
  tabs: query.get("tabs"),
  terms: boot.terms,
  isHeld: true,
})
