// @ts-check
// Begins with everything that makes itself felt while nobody looks: the service worker, notifications,
// the app's badge and the icon of the tab.

import { call } from "../api.js"
import { BASE, SCRIPTS } from "../engine/base.js"
import { inWords } from "../file_words.js"
import { readUpTo } from "../room.js"
import { accessOf, labelOf } from "../room_info.js"
import { notificationWords } from "../wording.js"
import { Badge } from "./badge.js"
import { levels } from "./levels.js"
import { renewSubscription } from "./subscription.js"
import { notify, registerWorker } from "./worker.js"

/** @import { Chat } from "../chat.js" */
/** @import { Parley } from "../parley.js" */

/** @param {Parley} parley @param {Chat} chat @param {{ go: (room: string, offset?: number | null) => void }} actions */
export async function start(parley, chat, { go }) {
  new Badge(chat, `${SCRIPTS.slice(0, -"js/".length)}images/`)
  const registration = await registerWorker(`${BASE}/service-worker.js`)
  navigator.serviceWorker?.addEventListener("message", ({ data }) => {
    if (data?.type === "show") go(data.room)
  })
  if (!("Notification" in globalThis)) return
  parley.on("notification", ({ kind, key, room, offset, name, text }, { isNotifier }) => {
    const label = labelOf(chat.rooms.ensure(room), chat.me.user)
    if (!isNotifier || (!["invite", "report", "webhook"].includes(kind) && levels.of(room) === "nothing")) return
    void notify(registration, { key: key ?? `${room}:${kind}:${offset}`, room, offset, title: notificationWords(kind, name, label), body: text }, go)
  })
  parley.on("message", ({ room, epoch, offset, user, name, text, files }) => {
    // The service worker shows it once, whatever the number of tabs and whoever else tells it.
    if (!registration || user === chat.me.user || levels.of(room) !== "all") return
    const label = labelOf(chat.rooms.ensure(room), chat.me.user)
    const kind = accessOf(room) === "direct" ? "direct" : "message"
    void notify(registration, { key: `${room}:${epoch}:${offset}`, room, offset, title: notificationWords(kind, name, label), body: inWords({ text, files }) }, go)
  })
  closeWhenRead(chat, registration)
  if (Notification.permission !== "granted") return
  const { levels: chosen, ...known } = await call("me/push")
  levels.learn(chosen)
  await renewSubscription(registration, chat.me.user, known)
}

/** Have the notifications of what has been read, here or elsewhere, taken away. @param {Chat} chat @param {ServiceWorkerRegistration | null} registration */
function closeWhenRead(chat, registration) {
  /** @type {Map<string, number>} */ const told = new Map()
  chat.addEventListener("change", (event) => {
    if (!registration || /** @type {CustomEvent} */ (event).detail !== "rooms" || Notification.permission !== "granted") return
    /** @type {Record<string, number>} */ const read = {}
    for (const room of chat.rooms.values()) {
      const offset = readUpTo(room)
      if (offset !== told.get(room.name)) read[room.name] = offset
      told.set(room.name, offset)
    }
    if (Object.keys(read).length > 0) registration.active?.postMessage({ type: "read", read })
  })
}
