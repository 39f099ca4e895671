// @ts-check
// The dialog of the bell: what to be notified of in this room, and whether on this device.

import { call, roomPath } from "../api.js"
import { levels } from "../notifications/levels.js"
import { isWanted, subscribe, unsubscribe } from "../notifications/subscription.js"
import { accessOf, titleOf } from "../room_info.js"
import { t } from "../texts.js"
import { textElement } from "../views/elements.js"
import { checkbox, field, openDialog, select } from "./dialog.js"

/** @import { Chat } from "../chat.js" */
/** @import { Level } from "../notifications/levels.js" */

/** @param {Chat} chat */
export async function openNotifications(chat) {
  const { room, me } = chat
  const path = `${roomPath(room.name)}/notifications`
  const [{ level }, { levels: chosen, ...known }] = await Promise.all([call(path), call("me/push")])
  levels.learn(chosen)
  const isDirect = accessOf(room.name) === "direct"
  const choice = select(
    [
      ["all", t("All messages")],
      ...(isDirect ? [] : [/** @type {const} */ (["mentions", t("Mentions and replies")])]),
      ["nothing", t("Nothing")],
    ],
    level,
  )
  const isPossible = "Notification" in globalThis
  const isBlocked = isPossible && Notification.permission === "denied"
  const here = checkbox(t("Notify me on this device"), isWanted(me.user))
  here.box.disabled = !isPossible || isBlocked
  const help = isBlocked ? t("This browser does not allow it: change that in its settings for this site.") : isPossible ? "" : t("This browser can’t do that here.")
  openDialog({
    title: t("Notifications of {room}", { room: titleOf(room, me.user) }),
    content: [field(t("Notify me of"), choice, t("The same on all of your devices.")), here.element, ...(help ? [textElement("p", help, "field-help")] : [])],
    action: t("Save"),
    work: async () => {
      // First of all: browsers ask their users only right after a click.
      const wants = here.box.checked && !here.box.disabled
      const isAllowed = wants && (await Notification.requestPermission()) === "granted"
      await call(path, { method: "PUT", json: { level: choice.value } })
      levels.set(room.name, /** @type {Level} */ (choice.value))
      const registration = (await navigator.serviceWorker?.getRegistration()) ?? null
      // Not waited for: a push service may take long, or be out of reach, and open pages notify anyway.
      if (isAllowed && registration) subscribe(registration, me.user, known).catch(() => {})
      else if (!wants && isWanted(me.user)) await unsubscribe(registration, me.user)
    },
  })
}
