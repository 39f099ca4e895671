// @ts-check
// Connects as soon as the modules for the connection are loaded, before those of the page. The worker's
// are in the same file, which the browser requests only once: the worker runs it again.

import { NO_COOKIES } from "./codes.js"
import { transportsAllowed } from "./engine/policy.js"
import { connect } from "./parley.js"
import { isWorker } from "./tabs/worker.js"

/** @import { Terms } from "./engine/http.js" */
/** @import { Message } from "./timeline.js" */

/**
 * @typedef {object} Boot
 * @property {string} user @property {string} name
 * @property {boolean} is_newcomer the browser sent no cookie for this page: it may keep none
 * @property {string} [skeleton] equal for names that look alike, see names.js
 * @property {import("./permissions.js").ServerRole} [role] on this server
 * @property {{ name: string, guests: "on" | "read" | "off", sign_up: "open" | "invite" | "closed" }} [site]
 * @property {import("./room_info.js").RoomInfo | null} [info] of the room shown
 * @property {string} room @property {number | null} focus @property {boolean} exists
 * @property {(import("./room_info.js").RoomInfo & { epoch: string, offset: number, unread: number, read_offset: number | null })[]} rooms null: never been in the lobby
 * @property {string} cursor
 * @property {Message[]} messages @property {boolean} more @property {boolean} more_after
 * @property {number} text_limit @property {number | null} file_limit of bytes; null: there are no files @property {boolean} has_search @property {number} name_limit
 * @property {Terms} [terms] how to connect: the answer that /negotiate would give now
 */

/** boot: what the server put into the page. The worker has neither. */
export const { boot, parley } = isWorker ? /** @type {ReturnType<typeof begin>} */ ({}) : begin()

function begin() {
  /** @type {Boot} */ const boot = JSON.parse(document.getElementById("boot")?.textContent ?? "")
  const parley = connect({
    cursor: boot.cursor,
    user: boot.user,
    transports: transportsAllowed(location.search),
    tabs: new URLSearchParams(location.search).get("tabs"),
    terms: boot.terms,
    isHeld: true,
    worker: "connected.js",
  })
  // Without cookies, each request would come from a new guest.
  if (!navigator.cookieEnabled) parley.leave(NO_COOKIES)
  return { boot, parley }
}
