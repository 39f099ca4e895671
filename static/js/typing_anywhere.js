// @ts-check
// Recognises keys that are meant for the composer, wherever the focus is. Pure.

/** @typedef {Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "isComposing">} Pressed */
/** @typedef {Pressed & { isAltGraph: boolean }} Key isAltGraph: AltGr is held, which Windows reports as Ctrl and Alt */

/**
 * Return whether a key enters text: a character, the beginning of one, or a paste. The space bar
 * scrolls and presses buttons, and Enter opens things: both keep these functions.
 * @param {Key} key
 */
export function isWriting({ key, ctrlKey, metaKey, altKey, isAltGraph, isComposing }) {
  if (isComposing || key === " ") return false
  if ((ctrlKey || metaKey) && !altKey) return key.toLowerCase() === "v"
  if ((ctrlKey || metaKey || altKey) && !isAltGraph) return false
  return key === "Dead" || key === "Process" || [...key].length === 1
}
