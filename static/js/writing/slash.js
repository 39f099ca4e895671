// @ts-check
// What a text means that begins with a slash: a command, or a text all the same. Pure.

import { t } from "../texts.js"

/** @import { Action } from "../permissions.js" */

/** @typedef {{ name: string, args: string, help: string, may?: Action }} SlashCommand may: what one has to be allowed to do */

/** @type {readonly SlashCommand[]} */
export const COMMANDS = [
  { name: "help", args: "", help: t("Show the commands and keys") },
  { name: "me", args: t("TEXT"), help: t("Say what you do: “Ada waves”") },
  { name: "shrug", args: t("[TEXT]"), help: t("Append {shrug}", { shrug: "¯\\_(ツ)_/¯" }) },
  { name: "dm", args: t("NAME [TEXT]"), help: t("Write to somebody directly") },
  { name: "join", args: t("ROOM"), help: t("Go to a room, or make it") },
  { name: "leave", args: "", help: t("Leave this room"), may: "leave" },
  { name: "invite", args: t("NAME"), help: t("Add somebody to this room"), may: "invite" },
  { name: "topic", args: t("[TEXT]"), help: t("Say what this room is for"), may: "describe" },
  { name: "nick", args: t("NAME"), help: t("Take another name") },
  { name: "mute", args: t("NAME [REASON]"), help: t("Keep somebody from writing here for 15 minutes"), may: "mute" },
  { name: "kick", args: t("NAME [REASON]"), help: t("Remove somebody from this room"), may: "kick" },
  { name: "ban", args: t("NAME [REASON]"), help: t("Remove somebody from this room for good"), may: "ban" },
]

/** @typedef {{ kind: "text", text: string } | { kind: "command", name: string, rest: string }} Meaning */

// "/usr/bin" and "/ 2" are no commands, and need no second slash.
const COMMAND = /^\/(\p{L}+)(?:\s+([^]*))?$/u

/** Return what a text means, as it was written. `//text` is the text "/text". @param {string} text @returns {Meaning} */
export function meaningOf(text) {
  if (text.startsWith("//")) return { kind: "text", text: text.slice(1) }
  const found = COMMAND.exec(text)
  return found ? { kind: "command", name: found[1].toLowerCase(), rest: (found[2] ?? "").trim() } : { kind: "text", text }
}

/** @param {string} name @returns {SlashCommand | undefined} */
export function commandNamed(name) {
  return COMMANDS.find((command) => command.name === name)
}

/** Return a text about a person in the third person, as Markdown. @param {string} name @param {string} text */
export function actionText(name, text) {
  return `*${name.replace(/[\\`*_{}[\]()#+.!<>~|-]/g, "\\$&")} ${text}*`
}

/** Return a text with a shrug, as Markdown. @param {string} text */
export function shrugText(text) {
  return `${text} ¯\\\\\\_(ツ)\\_/¯`.trim()
}

/**
 * Return the people whom the beginning of a text names, by the longest name, and what follows it.
 * @template {{ name: string, full: string }} T full: with the mark that tells namesakes apart
 * @param {string} text with or without an @ @param {readonly T[]} people @returns {{ people: T[], rest: string }}
 */
export function namedAt(text, people) {
  const written = text.replace(/^[@＠﹫]/, "")
  const caseless = written.normalize("NFC").toLowerCase()
  /** @type {T[]} */ let found = []
  let longest = 0
  for (const person of people) {
    for (const name of new Set([person.full, person.name])) {
      const key = name.normalize("NFC").toLowerCase()
      if (key.length < longest || !caseless.startsWith(key) || /^\S/.test(caseless.slice(key.length))) continue
      found = key.length > longest ? [person] : [...found, person]
      longest = key.length
    }
  }
  return { people: found, rest: written.normalize("NFC").slice(longest).trim() }
}
