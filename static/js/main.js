// @ts-check
// Builds the parts and connects them with each other and with the browser; nothing else does.

import { Chat, LOBBY } from "./chat.js"
import { boot, parley } from "./connected.js"
import { pathOf, roomAt } from "./paths.js"
import { Delivery } from "./delivery.js"
import { Sender } from "./sender.js"
import { removeUnowned } from "./storage.js"
import { Announcer } from "./views/announcer.js"
import { Composer } from "./views/composer.js"
import { NamePanel, RoomDialog, showFailure } from "./views/dialogs.js"
import { byId, isTouch } from "./views/elements.js"
import { SignOut } from "./views/sign_out.js"
import { LogView } from "./views/log.js"
import { MessageMenu } from "./views/menu.js"
import { Notifier } from "./views/notifier.js"
import { Sidebar } from "./views/sidebar.js"
import { StatusView } from "./views/status.js"
import { ConnectionHistory } from "./views/connection_history.js"

const PROBLEM_SHOWN_MS = 8000

// User Timing marks, for operators who measure how soon their users can chat.
const unmark = parley.on("status", ({ state }) => {
  if (state !== "connected") return
  performance.mark("parley:connected")
  unmark()
})
const unmarkFirst = parley.on("message", () => {
  performance.mark("parley:message")
  unmarkFirst()
})
removeUnowned()
const sender = new Sender(parley, boot.user)
const chat = new Chat(boot, parley, sender)
const delivery = new Delivery(parley, sender)

/** Run `work`, and show a message if it was refused or not answered. @param {() => Promise<unknown>} work */
async function run(work) {
  const problem = byId("problem")
  if (await showFailure(problem, work)) return
  problem.hidden = false
  setTimeout(() => (problem.hidden = true), PROBLEM_SHOWN_MS)
}

/** @param {string} room */
function go(room) {
  if (byId("side").matches(":popover-open")) byId("side").hidePopover()
  if (location.pathname !== pathOf(room)) history.pushState(null, "", pathOf(room))
  void chat.show(room)
  if (!isTouch()) composer.focus() // the on-screen keyboard would cover the messages
}

const announcer = new Announcer(chat)
const announce = (/** @type {string} */ words) => announcer.announce(words)
new StatusView(parley, sender, chat, delivery, announce)
new ConnectionHistory(parley)
new Sidebar(chat, delivery, { go })
new NamePanel(chat)
new Notifier(parley, { go })
new RoomDialog(chat, { go })
const composer = new Composer(chat, sender, boot.text_limit, {
  sent: () => {
    log.stick()
    void chat.showNewest()
  },
  up: () => log.focusNewest(),
})
const menu = new MessageMenu(chat, sender, { run, announce, edit: (message) => composer.edit(message) })
const log = new LogView(chat, sender, delivery, {
  menu: (offset, anchor) => menu.open(offset, anchor),
  edit: (entry) => composer.editEntry(entry),
})

new SignOut(parley, chat, {
  forget: () => {
    sender.forget()
    composer.forget()
  },
})

byId("join").addEventListener("click", () => run(async () => {
  await chat.join(chat.current)
  composer.focus()
})) // prettier-ignore
byId("other-rooms").addEventListener("click", () => byId("add-room").click())
byId("leave").addEventListener("click", () => run(() => chat.leave(chat.current)))
chat.addEventListener("left", () => go(LOBBY)) // the user left the room shown, here or in another window

addEventListener("popstate", () => {
  const { room = LOBBY, offset = null } = roomAt(location.pathname)
  void chat.show(room, offset)
})

parley.release()
