// @ts-check
// Shows the files of a message: pictures, and what can only be downloaded.

import { addressOf, isPicture, shownSize, sizeWords } from "../file_words.js"
import { clone, part } from "./elements.js"

/** @import { FileInfo } from "../file_words.js" */

/** Show files in a list; those that the server has put there stay, so that no picture is loaded again. @param {HTMLElement} list @param {readonly FileInfo[]} files */
export function showFiles(list, files) {
  if (list.childElementCount !== files.length) list.replaceChildren(...files.map((file) => (isPicture(file) ? pictureOf(file, files.length === 1) : downloadOf(file))))
  const sizes = list.querySelectorAll(".file__size")
  files.filter((file) => !isPicture(file)).forEach(({ bytes }, at) => (sizes[at].textContent = sizeWords(bytes)))
}

/** @param {FileInfo} file @param {boolean} isAlone */
function pictureOf(file, isAlone) {
  const item = clone("picture-template")
  const link = /** @type {HTMLAnchorElement} */ (part(item, "a"))
  Object.assign(link, { href: addressOf(file), title: file.name })
  Object.assign(link.dataset, { width: file.width, height: file.height })
  Object.assign(part(item, "img"), { alt: file.name, ...shownSize(file, isAlone), src: addressOf(file, "thumbnail") })
  return item
}

/** @param {FileInfo} file */
function downloadOf(file) {
  const item = clone("file-template")
  Object.assign(part(item, "a"), { href: addressOf(file) })
  part(item, ".file__name").textContent = file.name
  return item
}
