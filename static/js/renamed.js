// @ts-check
// Follows the name that this user chooses on another device.

import { call } from "./api.js"
import { isRenamed } from "./room_info.js"

/** @import { Chat } from "./chat.js" */
/** @import { Parley } from "./parley.js" */

const KNOWN_MS = 1000 // what an instance knows of an account is half a second old at most

/** @param {Chat} chat @param {Parley} parley */
export function followRenames(chat, parley) {
  parley.on("room_changed", (push) => {
    if (!isRenamed(push, chat.me)) return
    chat.become(push.members[0])
    // Asking who one is renews the cookie; with that, the others see the new name with what is typed here.
    setTimeout(() => call("me").then(() => parley.reattach("a new name"), () => {}), KNOWN_MS) // prettier-ignore
  })
}
