// @ts-check
// Dialogs that are made when they are needed, from one template: a title, some content, one action.

import { t } from "../texts.js"
import { showFailure } from "../views/dialogs.js"
import { clone, onSubmit, part, textElement } from "../views/elements.js"

/**
 * Show a dialog; return what closes it. If its work fails, the dialog says why and stays.
 * @param {{ title: string, text?: string, content?: Node[], action?: string, cancel?: string, work?: () => unknown }} options
 *   no action: it only shows something; work: resolves to true to keep the dialog open
 */
export function openDialog({ title, text = "", content = [], action = "", cancel = t("Cancel"), work }) {
  const dialog = /** @type {HTMLDialogElement} */ (clone("dialog-template"))
  const heading = part(dialog, "h2")
  heading.textContent = title
  dialog.setAttribute("aria-label", title)
  part(dialog, ".dialog__text").textContent = text
  part(dialog, ".dialog__content").append(...content)
  const main = /** @type {HTMLButtonElement} */ (part(dialog, ".button--main"))
  main.textContent = action
  main.hidden = action === ""
  const problem = part(dialog, ".field-problem")
  const close = part(dialog, ".dialog__cancel")
  close.textContent = cancel
  close.addEventListener("click", () => dialog.close())
  onSubmit(part(dialog, "form"), async () => {
    if (main.disabled || !work) return
    main.disabled = true
    const isDone = await showFailure(problem, async () => {
      if ((await work()) !== true) dialog.close()
    })
    main.disabled = false
    if (!isDone) problem.scrollIntoView({ block: "nearest" })
  })
  dialog.addEventListener("close", () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
  // The first field has the focus; where there is nothing to fill in, the title: nothing is done by a
  // hasty Enter, and no keyboard covers what there is to read.
  const first = action === "" ? null : /** @type {HTMLElement | null} */ (part(dialog, ".dialog__content").querySelector("input, select"))
  ;(first ?? heading).focus()
  return { close: () => dialog.close(), problem }
}

/** Return a control with its label, and help below. @param {string} label @param {HTMLElement} control @param {string} [help] */
export function field(label, control, help = "") {
  const element = clone("field-template")
  part(element, "span").textContent = label
  control.classList.add("field")
  element.append(control)
  if (help) element.append(textElement("small", help, "field-help"))
  return element
}

/** Return an input. @param {Partial<HTMLInputElement>} [properties] */
export function input(properties = {}) {
  return Object.assign(document.createElement("input"), { dir: "auto", autocomplete: "off" }, properties)
}

/** Return a box to tick, in its label. @param {string} label @param {boolean} checked @param {string} [help] */
export function checkbox(label, checked, help = "") {
  const box = Object.assign(document.createElement("input"), { type: "checkbox", checked })
  const element = textElement("label", "", "dialog__check")
  element.append(box, textElement("span", label))
  if (help) element.append(textElement("small", help, "field-help"))
  return { element, box }
}

/** Return a choice of one. @param {readonly (readonly [string, string])[]} options value and words @param {string} value the one chosen */
export function select(options, value) {
  const element = document.createElement("select")
  for (const [name, words] of options) element.append(new Option(words, name, false, name === value))
  return element
}

/** Return a button for a list in a dialog. @param {string} words @param {() => unknown} work */
export function lineButton(words, work) {
  const button = Object.assign(textElement("button", words, "button button--line"), { type: /** @type {const} */ ("button") })
  button.addEventListener("click", work)
  return button
}

/** Return a text to copy, such as a link, with a button that copies it. @param {string} text @param {string} label */
export function copyable(text, label) {
  const row = textElement("div", "", "field-row")
  const shown = input({ value: text, readOnly: true, className: "field", ariaLabel: label, dir: "ltr" })
  shown.addEventListener("focus", () => shown.select())
  row.append(shown)
  if (!navigator.clipboard) return row // browsers have none over plain HTTP
  const button = lineButton(t("Copy"), async () => {
    await navigator.clipboard.writeText(text)
    button.textContent = t("Copied")
  })
  row.append(button)
  return row
}

/** Show a secret that nobody is shown again. @param {string} title @param {string} secret */
export function showOnce(title, secret) {
  openDialog({ title, text: t("It is shown only now. Copy it to where it is needed, and keep it secret."), content: [copyable(secret, title)], cancel: t("Close") })
}
