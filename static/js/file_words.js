// @ts-check
// The files of messages: their addresses, their sizes on the page, and words for them. Pure.

import { BASE } from "./engine/base.js"
import { locale, t, tn } from "./texts.js"

/** @typedef {{ id: string, name: string, type: string, bytes: number, width?: number, height?: number }} FileInfo width, height: of pictures, in pixels */
/** @typedef {{ width: number, height: number }} Size */

// In CSS pixels; templates/_message.html has the same.
const ALONE = { width: 360, height: 280 }
const BESIDE_OTHERS = { width: 200, height: 160 }
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"]

/** @param {FileInfo} file */
export function isPicture({ width }) {
  return width !== undefined
}

/** @param {FileInfo} file @param {"thumbnail" | ""} [size] */
export function addressOf({ id, name }, size = "") {
  return `${BASE}/files/${id}/${encodeURIComponent(name)}${size && `?size=${size}`}`
}

/** Return how large a picture is shown in the log: known before it is loaded, so nothing moves. @param {FileInfo} file @param {boolean} isAlone @returns {Size} */
export function shownSize({ width = 1, height = 1 }, isAlone) {
  const most = isAlone ? ALONE : BESIDE_OTHERS
  const scale = Math.min(1, most.width / width, most.height / height)
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

/** Return a size as people read it. @param {number} bytes */
export function sizeWords(bytes) {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  return (bytes / 1000 ** power).toLocaleString(locale, { style: "unit", unit: UNITS[power], unitDisplay: power === 0 ? "long" : "short", maximumSignificantDigits: 3 })
}

/** Return a message where its files can't be seen, with their names. chat/rooms/in_words.py does the same. @param {{ text: string, files?: readonly FileInfo[] }} message */
export function inWords({ text, files = [] }) {
  return [text, ...files.map(({ name }) => name)].filter(Boolean).join("\n")
}

/** Return what the files of a message are, where there is no place to show them. @param {readonly FileInfo[]} files */
export function filesWords(files) {
  if (files.every(isPicture)) return files.length === 1 ? t("a picture") : tn(files.length, "{count} picture", "{count} pictures")
  return files.length === 1 ? files[0].name : tn(files.length, "{count} file", "{count} files")
}
