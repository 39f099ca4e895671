// @ts-check
// The links in messages: those to this server's rooms and messages are followed in this page, all
// others open a tab of their own.

import { BASE } from "../engine/base.js"
import { placeOf } from "../paths.js"

const ROOM = "/rooms/" // links that the server makes of #room are relative to its base path (chat/rooms/room_links.py)

/** Make the links of a message lead where they should; Tab reaches those of one message at a time. @param {HTMLElement} body */
export function directLinks(body) {
  for (const link of body.querySelectorAll("a")) {
    const href = link.getAttribute("href") ?? ""
    if (href.startsWith(ROOM)) link.href = BASE + href
    if (!placeOf(link, location.origin)) link.target = "_blank"
    link.tabIndex = -1 // see roving_tabindex.js
  }
}

/** Return the room and message that the link or quote at an element leads to; null if there is none. @param {Element} element */
export function linkedPlace(element) {
  const link = /** @type {HTMLAnchorElement | null} */ (element.closest(".body a, .quote"))
  return link && placeOf(link, location.origin)
}
