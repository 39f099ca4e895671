// @ts-check
// Builds the parts and connects them with each other and with the browser; nothing else does.

import { Chat } from "./chat.js"
import { boot, parley } from "./connected.js"
import { BASE } from "./engine/base.js"
import { pathOf, roomAt } from "./paths.js"
import { PersonActions } from "./person_actions.js"
import { LOBBY } from "./room_info.js"
import { followRenames } from "./renamed.js"
import { RoomInfos } from "./room_infos.js"
import { Delivery } from "./delivery.js"
import { Sender } from "./sender.js"
import { forgetHere, whenIdle } from "./service_worker_link.js"
import { removeUnowned } from "./storage.js"
import { Announcer } from "./views/announcer.js"
import { Attaching } from "./views/attaching.js"
import { Composer } from "./views/composer.js"
import { late, NamePanel, RoomDialog, showFailure } from "./views/dialogs.js"
import { byId, isPlainClick, isTouch } from "./views/elements.js"
import { offerLanguages } from "./views/language.js"
import { SignOut } from "./views/sign_out.js"
import { LogView } from "./views/log.js"
import { MessageMenu } from "./views/menu.js"
import { Shortcuts } from "./views/shortcuts.js"
import { Sidebar } from "./views/sidebar.js"
import { StatusView } from "./views/status.js"
import { ConnectionHistory } from "./views/connection_history.js"
import { removedWords } from "./wording.js"

const PROBLEM_SHOWN_MS = 8000

byId("incomplete").remove() // the page has come whole

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
new RoomInfos(chat, parley, boot.info)
followRenames(chat, parley)

/** Run `work`, and show a message if it was refused or not answered. @param {() => Promise<unknown>} work */
async function run(work) {
  const problem = byId("problem")
  if (await showFailure(problem, work)) return
  problem.hidden = false
  setTimeout(() => (problem.hidden = true), PROBLEM_SHOWN_MS)
}

/** Do something with a module that few visitors need, when a button is pressed. @param {string} id @param {() => Promise<unknown>} work */
function onPress(id, work) {
  document.getElementById(id)?.addEventListener("click", () => run(work))
}

/** @param {string} room @param {number | null} [offset] of a message in it */
function go(room, offset = null) {
  if (byId("side").matches(":popover-open")) byId("side").hidePopover()
  const path = pathOf(room, offset ?? undefined)
  if (location.pathname !== path) history.pushState(null, "", path)
  void chat.show(room, offset)
  if (offset === null && !isTouch()) composer.focus() // the on-screen keyboard would cover the messages
}

/** @param {import("./room.js").Person} person @param {HTMLElement} anchor */
function showPerson(person, anchor) {
  if (person.user === chat.me.user) byId("name-panel").showPopover()
  else menu.openPerson(person, anchor)
}

/** @param {DOMRect} near @param {(emoji: string) => void} choose */
function pickEmoji(near, choose) {
  return run(async () => (await late(() => import("./dialogs/emoji_picker.js"))).openEmojiPicker(chat.me.user, near, choose))
}

const announcer = new Announcer(chat)
const announce = (/** @type {string} */ words) => announcer.announce(words)
new StatusView(parley, sender, chat, delivery, announce)
new ConnectionHistory(parley)
new Sidebar(chat, delivery, boot.site?.name, { go, person: showPerson })
new NamePanel(chat)
offerLanguages()
const roomDialog = new RoomDialog(chat, { go })
const attaching = new Attaching(chat, parley, boot.file_limit, announce)
const composer = new Composer(chat, sender, attaching, boot.text_limit, {
  sent: () => {
    log.stick()
    void chat.showNewest()
  },
  up: () => log.focusNewest(),
  command: async (name, rest, say) => (await late(() => import("./writing/perform.js"))).perform(chat, name, rest, { go, say }),
})
const people = new PersonActions(chat, { go, run, mention: (name) => composer.mention(name) })
const menu = new MessageMenu(chat, sender, people, { run, announce, edit: (message) => composer.edit(message), reply: (message) => composer.reply(message), pickEmoji })
const log = new LogView(chat, sender, delivery, {
  menu: (offset, anchor) => menu.open(offset, anchor),
  reply: (offset) => {
    const message = chat.messageAt(offset)
    if (message && !message.deleted && !byId("composer").hidden) composer.reply(message)
  },
  person: (offset, anchor) => {
    const message = chat.messageAt(offset)
    if (message) showPerson({ user: message.user, name: message.name }, anchor)
  },
  edit: (entry) => composer.editEntry(entry),
  go,
})

// A picture in the log is shown large.
byId("messages").addEventListener("click", (event) => {
  const link = /** @type {Element} */ (event.target).closest("a.picture")
  if (!link || !isPlainClick(event)) return
  event.preventDefault()
  void run(async () => (await late(() => import("./dialogs/picture.js"))).openPicture(/** @type {HTMLAnchorElement} */ (link)))
})

new SignOut(parley, chat, {
  isNewcomer: boot.is_newcomer,
  unsent: (patience_ms) => sender.unsent(patience_ms),
  forget: () => {
    sender.forget()
    composer.forget()
    void forgetHere()
  },
})

// The service worker takes no part in connecting: it comes when that is done, and all of the page.
whenIdle(parley, async () => (await import("./notifications/start.js")).start(parley, chat, { go }))
onPress("notifications", async () => (await late(() => import("./dialogs/notifications.js"))).openNotifications(chat))

byId("join").addEventListener("click", () => run(async () => {
  if (chat.isReader) return location.assign(`${BASE}/signin`)
  await chat.enter({ type: "join", room: chat.current })
  composer.focus()
})) // prettier-ignore
byId("empty-hello").addEventListener("click", () => composer.focus())
for (const id of ["empty-invite", "empty-describe"]) byId(id).addEventListener("click", () => byId("about-room").click())
byId("other-rooms").addEventListener("click", () => byId("add-room").click())
onPress("new-room", async () => (await late(() => import("./dialogs/new_room.js"))).openNewRoom(chat, { go }))
onPress("add-direct", async () => (await late(() => import("./dialogs/write_to.js"))).openWriteTo(chat, { go }))
onPress("about-room", async () => (await late(() => import("./dialogs/about_room.js"))).openAboutRoom(chat, { go }))
onPress("account", async () => (await late(() => import("./dialogs/account.js"))).openAccount(chat))
onPress("link-device", async () => (await late(() => import("./dialogs/link_device.js"))).openLinkDevice())
// The user is no longer in the room shown: they left here or in another window, or were removed.
chat.addEventListener("left", (event) => {
  const why = /** @type {CustomEvent} */ (event).detail
  go(LOBBY)
  if (why) showRemoval(removedWords(why, why.by_name ?? chat.names.nameOf(why.by)))
})

/** Say, until it has been read, why another room is shown. @param {string} words */
function showRemoval(words) {
  byId("removed-text").textContent = words
  byId("removed").hidden = false
}
byId("removed-close").addEventListener("click", () => (byId("removed").hidden = true))

const openSwitcher = async () => (await late(() => import("./dialogs/switcher.js"))).openSwitcher(chat, { hasSearch: boot.has_search, go, make: (name) => roomDialog.open(name) })
onPress("find", openSwitcher)
new Shortcuts(chat, {
  go,
  help: () => run(async () => (await late(() => import("./dialogs/help.js"))).openHelp()),
  switcher: () => run(openSwitcher),
})
onPress("emoji", () => pickEmoji(byId("emoji").getBoundingClientRect(), (emoji) => composer.insert(emoji)))

// Suggestions are loaded with the first sign that may begin a name.
const text = byId("text")
text.addEventListener("input", function look() {
  if (!/[@＠﹫#:：/]/.test(/** @type {HTMLTextAreaElement} */ (text).value)) return
  text.removeEventListener("input", look)
  import("./views/completer.js").then(({ Completer }) => new Completer(chat, /** @type {HTMLTextAreaElement} */ (text), byId("composer")), () => text.addEventListener("input", look))
})

addEventListener("popstate", () => {
  const { room = LOBBY, offset = null } = roomAt(location.pathname)
  void chat.show(room, offset)
})

parley.release()
