// @ts-check
// Says when a program was last here. Pure.

import { t } from "../texts.js"

/** @param {number | null} used_s in seconds since 1970; null if it never was @param {string} locale */
export function usedWords(used_s, locale) {
  if (used_s === null) return t("not used yet")
  return t("last used {time}", { time: new Date(1000 * used_s).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" }) })
}
