// @ts-check
// The list of emoji with their names: loaded once, when somebody looks for one.

import { SCRIPTS } from "../engine/base.js"
import { request } from "../engine/http.js"
import { language as pageLanguage, t, tLater } from "../texts.js"
import { bestOf, keysOf } from "./ranking.js"

/** @import { Folded } from "./ranking.js" */

/** @typedef {{ emoji: string, name: string, codes: readonly string[], keys: Folded }} Emoji codes: what to write between colons */
/** @typedef {{ name: string, emoji: Emoji[] }} Group */
/** @typedef {{ name: string, emoji: [string, string, string, string][] }[]} EmojiFile as scripts/emoji_names.py makes it */

// Of static/emoji/; English is always loaded.
const TRANSLATED = new Set(["ar", "de", "es", "fa", "fr", "id", "it", "ja", "ko", "pt", "ru", "tr", "zh"])

// The names of groups in en.json; a test compares.
export const GROUP_NAMES = [
  tLater("Smileys & emotion"), tLater("People & body"), tLater("Animals & nature"), tLater("Food & drink"),
  tLater("Travel & places"), tLater("Activities"), tLater("Objects"), tLater("Symbols"), tLater("Flags"),
] // prettier-ignore

/** @type {Promise<Group[]> | null} */ let loading = null

/** Return the groups of emoji in their usual order. @throws {import("../engine/http.js").NoAnswer} */
export function loadEmoji() {
  loading ??= load([pageLanguage, ...navigator.languages]).catch((error) => {
    loading = null // tried again the next time
    throw error
  })
  return loading
}

/** @param {readonly string[]} languages of the page and of its reader, the best first */
async function load(languages) {
  const own = languages.map((tag) => tag.split("-")[0]).find((language) => TRANSLATED.has(language))
  const read = (/** @type {string} */ language) => request(`${new URL(`../emoji/${language}.json`, SCRIPTS)}`, { cache: "default" })
  const [groups, names] = await Promise.all([read("en"), own ? read(own) : []])
  return groupsOf(groups, names, own === pageLanguage)
}

/**
 * Return the groups with what finds each emoji.
 * @param {EmojiFile} file @param {readonly string[]} [names] in one more language, in the order of the file
 * @param {boolean} [areShown] the page is in that language @returns {Group[]}
 */
export function groupsOf(file, names = [], areShown = false) {
  let at = 0
  return file.map(({ name: group, emoji }) => ({
    name: areShown ? t(group) : group,
    emoji: emoji.map(([text, name, codes, words]) => {
      const known = codes.split(" ").filter(Boolean)
      const spoken = known.map((code) => code.replaceAll("_", " "))
      const own = names[at++] ?? ""
      return { emoji: text, name: (areShown && own) || name, codes: [...known, name.replace(/\W+/g, "_")], keys: keysOf([name, ...spoken, own], words.split(" ")) }
    }),
  }))
}

/** Return the emoji that fit what is typed, the best first; those used lately before others that fit as well. @param {readonly Group[]} groups @param {string} query @param {number} limit @param {readonly string[]} [recent] */
export function findEmoji(groups, query, limit, recent = []) {
  const all = groups.flatMap(({ emoji }) => emoji)
  const used = new Set(recent)
  const ordered = used.size > 0 ? [...all.filter(({ emoji }) => used.has(emoji)), ...all.filter(({ emoji }) => !used.has(emoji))] : all
  return bestOf(ordered, query.replaceAll("_", " "), limit)
}

/** Return the emoji that is written `:code:`, or undefined. @param {readonly Group[]} groups @param {string} code */
export function emojiOfCode(groups, code) {
  const wanted = code.toLowerCase()
  for (const { emoji } of groups) {
    const found = emoji.find(({ codes }) => codes.includes(wanted))
    if (found) return found
  }
  return undefined
}

const RECENT = 24 // three rows on a phone

/** Return the emoji used lately after one more use, the latest first. @param {readonly string[]} recent @param {string} emoji */
export function usedAgain(recent, emoji) {
  return [emoji, ...recent.filter((other) => other !== emoji)].slice(0, RECENT)
}
