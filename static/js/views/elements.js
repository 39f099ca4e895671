// @ts-check
// Finds and clones elements of the page's markup.

import { hueOf, isBot } from "../names.js"
import { t } from "../texts.js"

/** Return the page's element with this id. @template {HTMLElement} [T=HTMLElement] @param {string} id @returns {T} */
export function byId(id) {
  const element = document.getElementById(id)
  if (!element) throw new Error(`the page has no #${id}`)
  return /** @type {T} */ (element)
}

/** Return a new copy of the content of the <template> with this id. @param {string} id @returns {HTMLElement} */
export function clone(id) {
  const template = /** @type {HTMLTemplateElement} */ (/** @type {unknown} */ (byId(id)))
  const first = /** @type {HTMLElement} */ (template.content.firstElementChild)
  // Not a clone in the template's own document: there, no relative link leads anywhere.
  return document.importNode(first, true)
}

/** Return a part of a clone. @template {HTMLElement} [T=HTMLElement] @param {ParentNode} root @param {string} selector @returns {T} */
export function part(root, selector) {
  const element = root.querySelector(selector)
  if (!element) throw new Error(`there is no ${selector}`)
  return /** @type {T} */ (element)
}

/**
 * Show an untrusted name in an .author element, in the user's colour, with the suffix for namesakes and the mark of bots.
 * @param {HTMLElement} element @param {import("../names.js").NameBook} names @param {{ user: string, name: string }} person
 */
export function showName(element, names, { user, name }) {
  element.dataset.hue = String(hueOf(user))
  element.textContent = name
  const suffix = names.suffix(user, name)
  if (suffix !== "") element.append(textElement("span", suffix, "suffix"))
  if (isBot(user)) element.append(botMark())
}

/** Return the mark beside the name of a bot: nobody takes it for a person, whatever its name is. */
export function botMark() {
  return textElement("span", t("bot"), "bot")
}

const FRAME_MS = 50 // a later frame may never come: the window may have been hidden meanwhile

/** Return a function that runs `work` once before the next paint, or after FRAME_MS, however often it is called. @param {() => void} work */
export function beforePaint(work) {
  let isDue = false
  const run = () => {
    if (!isDue) return
    isDue = false
    work()
  }
  return () => {
    if (isDue) return
    isDue = true
    requestAnimationFrame(run)
    setTimeout(run, FRAME_MS)
  }
}

/** Return whether people type on a touch screen, whose keyboard covers half the page and has no Shift+Enter. */
export function isTouch() {
  return matchMedia("(hover: none) and (pointer: coarse)").matches
}

/** Return a new element. @template {keyof HTMLElementTagNameMap} K @param {K} tag @param {string} text @param {string} [className] */
export function textElement(tag, text, className = "") {
  const element = document.createElement(tag)
  element.className = className
  element.textContent = text
  return element
}

/** Return a small button with a text. @param {string} text */
export function quietButton(text) {
  return Object.assign(textElement("button", text, "button button--quiet"), { type: /** @type {const} */ ("button") })
}

/**
 * Put `text` where a part of a field's text is, as if it were typed: it can be undone, and the field tells.
 * @param {HTMLTextAreaElement} field @param {string} text @param {number} start @param {number} end
 */
export function writeInto(field, text, start, end) {
  field.focus()
  field.setSelectionRange(start, end)
  // The only way that keeps what can be undone; no browser plans to remove it from fields.
  if (document.execCommand("insertText", false, text)) return
  field.setRangeText(text, start, end, "end")
  field.dispatchEvent(new InputEvent("input", { bubbles: true }))
}

/** Call `work` instead of submitting a form. @param {HTMLElement} form @param {() => unknown} work */
export function onSubmit(form, work) {
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    work()
  })
}

/** Return whether a click on a link should open it in this window and tab. @param {MouseEvent} event */
export function isPlainClick(event) {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
}
