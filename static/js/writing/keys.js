// @ts-check
// The keys that work anywhere on the page, and what is said about all keys. Pure.

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
  const control = isMac ? "⌘" : "Ctrl"
  const alt = isMac ? "⌥" : "Alt"
  return [
    { keys: ["Enter"], words: "Send" },
    { keys: ["Shift", "Enter"], words: "Begin a new line" },
    { keys: ["↑"], words: "In the empty field: edit your last message" },
    { keys: ["Esc"], words: "Cancel an edit or an answer, close what is open" },
    { keys: ["@"], words: "Mention somebody" },
    { keys: [":"], words: "Find an emoji by its name, as :smile" },
    { keys: ["#"], words: "Name a room" },
    { keys: ["/"], words: "At the beginning: a command" },
    { keys: [control, "K"], words: "Go to a room or a person" },
    { keys: [alt, "↑ ↓"], words: "The room above or below" },
    { keys: [alt, "Shift", "↑ ↓"], words: "The unread room above or below" },
    { keys: ["Shift", "Tab"], words: "To the messages: ↑ ↓ move, Enter opens the menu of one" },
    { keys: ["?"], words: "Outside of fields: show this" },
  ]
}
