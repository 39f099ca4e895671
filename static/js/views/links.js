// @ts-check
// The links in messages: those to this server's rooms and messages are followed in this page, all
// others open a tab of their own.

import { BASE } from "../engine/base.js"
import { placeOf } from "../paths.js"
import { isPlainClick } from "./elements.js"

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

/** Return the room and message that a click on a link or quote leads to in this page; null if it does not. @param {MouseEvent} event */
export function placeToFollow(event) {
  const link = /** @type {HTMLAnchorElement | null} */ (/** @type {Element} */ (event.target).closest(".body a, .quote"))
  const place = link && isPlainClick(event) ? placeOf(link, location.origin) : null
  if (place) event.preventDefault()
  return place
}
