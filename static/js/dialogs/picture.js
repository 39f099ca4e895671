// @ts-check
// Shows a picture of the log large, and those before and after it.

import { t } from "../texts.js"
import { clone, part } from "../views/elements.js"

const pictures = () => /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll("#messages a.picture")])

/** @param {HTMLAnchorElement} link to the picture, in the log */
export function openPicture(link) {
  const links = pictures()
  const dialog = /** @type {HTMLDialogElement} */ (clone("viewer-template"))
  const image = /** @type {HTMLImageElement} */ (part(dialog, ".viewer__image"))
  const steps = /** @type {HTMLButtonElement[]} */ ([...dialog.querySelectorAll(".viewer__step")])
  let at = links.indexOf(link)

  const show = () => {
    const { href, title, dataset } = links[at]
    // Another one is not shown in the place of this one while it loads.
    image.removeAttribute("src")
    Object.assign(image, { alt: title, width: Number(dataset.width), height: Number(dataset.height), src: href })
    dialog.setAttribute("aria-label", title)
    part(dialog, ".viewer__name").textContent = title
    part(dialog, ".viewer__about").textContent = links.length > 1 ? t("{at} of {count}", { at: at + 1, count: links.length }) : ""
    Object.assign(part(dialog, ".viewer__save"), { href })
    for (const button of steps) {
      button.hidden = links.length < 2
      button.setAttribute("aria-disabled", String(!links[at + Number(button.dataset.step)]))
    }
  }
  const step = (/** @type {number} */ by) => {
    if (!links[at + by]) return
    at += by
    show()
  }
  for (const button of steps) button.addEventListener("click", () => step(Number(button.dataset.step)))
  part(dialog, ".viewer__close").addEventListener("click", () => dialog.close())
  part(dialog, ".viewer__stage").addEventListener("click", ({ target }) => target !== image && dialog.close())
  dialog.addEventListener("keydown", (event) => {
    const forward = dialog.matches(":dir(rtl)") ? "ArrowLeft" : "ArrowRight"
    if (event.key === forward) step(1)
    else if (event.key === "ArrowRight" || event.key === "ArrowLeft") step(-1)
  })
  dialog.addEventListener("close", () => {
    dialog.remove()
    // A message that has changed meanwhile, or has left the outbox, is a new element.
    const link = links[at].isConnected ? links[at] : pictures().findLast(({ href }) => href === links[at].href)
    link?.focus()
  })
  document.body.append(dialog)
  show()
  dialog.showModal()
  part(dialog, ".viewer__title").focus()
}
