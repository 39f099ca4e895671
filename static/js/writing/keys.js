// @ts-check
// The keys that work anywhere on the page, and what is said about all keys. Pure.

import { t } from "../texts.js"

/** @typedef {"help" | "switcher" | "previous" | "next" | "previousUnread" | "nextUnread"} Shortcut */
/** @typedef {Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey" | "isComposing">} Pressed */

/** Return what a key does, wherever the focus is; inField: characters are text there. @param {Pressed} pressed @param {boolean} inField @returns {Shortcut | null} */
export function shortcutOf({ key, ctrlKey, metaKey, altKey, shiftKey, isComposing }, inField) {
  if (isComposing) return null
  const isPlain = !ctrlKey && !metaKey && !altKey
  if (isPlain && key === "?" && !inField) return "help"
  if ((ctrlKey || metaKey) && !altKey && !shiftKey && key.toLowerCase() === "k") return "switcher"
  if (!altKey || ctrlKey || metaKey) return null
  if (key === "ArrowUp") return shiftKey ? "previousUnread" : "previous"
  if (key === "ArrowDown") return shiftKey ? "nextUnread" : "next"
  return null
}

/** @param {boolean} isMac @returns {readonly { keys: readonly string[], words: string }[]} */
export function keyHelp(isMac) {
  const control = isMac ? "⌘" : t("Ctrl")
  const alt = isMac ? "⌥" : "Alt"
  return [
    { keys: ["Enter"], words: t("Send") },
    { keys: [t("Shift"), "Enter"], words: t("Begin a new line") },
    { keys: ["↑"], words: t("In the empty field: edit your last message") },
    { keys: ["Esc"], words: t("Cancel an edit or an answer, close what is open") },
    { keys: ["@"], words: t("Mention somebody") },
    { keys: [":"], words: t("Find an emoji by its name, as :smile") },
    { keys: ["#"], words: t("Name a room") },
    { keys: ["/"], words: t("At the beginning: a command") },
    { keys: [control, "K"], words: t("Go to a room or a person") },
    { keys: [alt, "↑ ↓"], words: t("The room above or below") },
    { keys: [alt, t("Shift"), "↑ ↓"], words: t("The unread room above or below") },
    { keys: [t("Shift"), "Tab"], words: t("To the messages: ↑ ↓ move, Enter opens the menu of one") },
    { keys: ["?"], words: t("Outside of fields: show this") },
  ]
}
