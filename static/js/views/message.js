// @ts-check
// Renders one row of the log from the page's templates. Names and texts are untrusted: textContent.

import { eventWords } from "../event_words.js"
import { hueOf, initialOf } from "../names.js"
import { overlay } from "../overlay.js"
import { pathOf } from "../paths.js"
import { blocksOf } from "../preview.js"
import { list, locale, t } from "../texts.js"
import { dayWords, isolated, missingWords, noticeWords, quoteWords } from "../wording.js"
import { renderBlocks } from "./blocks.js"
import { clone, part, showName } from "./elements.js"
import { showFiles } from "./files.js"
import { directLinks } from "./links.js"

/** @import { NameBook } from "../names.js" */
/** @import { Row, MessageRow, PendingRow } from "../rows.js" */
/** @import { Message } from "../timeline.js" */

/** @type {Record<string, (name: string) => string>} */ const TOOLS = {
  react: (name) => t("Message of {name}: react", { name }),
  reply: (name) => t("Message of {name}: reply", { name }),
  more: (name) => t("Message of {name}: more", { name }),
}

/** @typedef {{ me: { user: string, name: string }, names: NameBook, now: Date }} Context */

const clock = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" })
const full = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "medium" })

/** Return a new element that shows `row`, or the server's of this message, completed. @param {Row} row @param {Context} context @returns {HTMLElement} */
export function renderRow(row, context) {
  switch (row.kind) {
    case "day": {
      const element = clone("day-template")
      part(element, "span").textContent = dayWords(new Date(row.time), context.now)
      return element
    }
    case "new":
      return clone("new-template")
    case "notice": {
      const element = clone("notice-template")
      const added = row.added.map(({ by, byName, names }) => ({ who: byName || context.names.nameOf(by), names }))
      element.textContent = noticeWords(row.joined, row.left, added)
      return element
    }
    case "event": {
      const element = clone("notice-template")
      element.textContent = eventWords(row.event, (user) => context.names.nameOf(user), context.now)
      return element
    }
    case "missing": {
      const element = clone("missing-template")
      part(element, "span").textContent = missingWords(row.why, row.room)
      return element
    }
    case "message":
      return renderMessage(row, context)
    case "pending":
      return renderPending(row, context)
  }
}

/** @param {MessageRow} row @param {Context} context */
function renderMessage({ id, message: logged, isHead, changes, quoted }, context) {
  const { me } = context
  const { message, isDraft, isDeleting } = overlay(logged, changes, me.user)
  const element = frame(id, message, isHead, context)
  const isMentioned = message.mentions?.includes(me.user) ?? false
  element.dataset.offset = String(message.offset)
  element.classList.toggle("message--deleted", message.deleted ?? false)
  element.classList.toggle("message--waiting", isDraft || isDeleting)
  element.classList.toggle("message--deleting", isDeleting)
  element.classList.toggle("message--mentioned", isMentioned)
  part(element, "[data-part=edited]").hidden = !message.edited

  /** @type {HTMLAnchorElement} */ const when = part(element, "[data-part=when]")
  when.href = pathOf(message.room, message.offset)
  showTime(element, message.time)

  const body = part(element, "[data-part=body]")
  // The only place that inserts markup: the server made it from the text and allows only harmless
  // tags (chat/rooms/markup.py). Everything else is textContent.
  if (message.deleted) body.textContent = t("This message was deleted.")
  else if (isDraft) body.replaceChildren(...renderBlocks(blocksOf(message.text)))
  else if (body.innerHTML !== message.html) body.innerHTML = message.html
  directLinks(body)
  showFiles(part(element, "[data-part=files]"), message.deleted ? [] : (message.files ?? []))
  showQuote(element, message.room, message.deleted ? undefined : message.reply_to, quoted, message.reply_user ?? "", context)

  part(element, "[data-part=reactions]").replaceChildren(...renderReactions(message.reactions ?? {}, context))
  return element
}

/** @param {PendingRow} row @param {Context} context */
function renderPending({ id, entry, isHead, quoted }, context) {
  const element = frame(id, context.me, isHead, context)
  element.dataset.key = entry.key
  element.classList.add(`message--${entry.state}`)
  const body = part(element, "[data-part=body]")
  body.replaceChildren(...(entry.text ? renderBlocks(blocksOf(entry.text)) : []))
  showFiles(part(element, "[data-part=files]"), entry.files ?? [])
  showQuote(element, entry.room, entry.reply_to, quoted, "", context)
  showTime(element, new Date(entry.written_ms).toISOString())
  part(element, "[data-part=tools]").remove()
  return element
}

/** @param {string} id @param {{ user: string, name: string }} author @param {boolean} isHead @param {Context} context */
function frame(id, author, isHead, { names }) {
  const element = servedRow(id) ?? clone("message-template")
  element.id = id
  element.classList.toggle("message--follows", !isHead)
  const avatar = part(element, "[data-part=avatar]")
  avatar.dataset.hue = String(hueOf(author.user))
  avatar.textContent = initialOf(author.name)
  showName(part(element, "[data-part=author]"), names, author)
  for (const [tool, label] of Object.entries(TOOLS)) part(element, `[data-part=${tool}]`).setAttribute("aria-label", label(isolated(names.full(author))))
  // A screen reader that moves from message to message reads out who, when and what.
  const labels = ["author", "time", "body", "files", "delivery"].map((name) => {
    const labelled = part(element, `[data-part=${name}]`)
    labelled.id = `${id}-${name}`
    return labelled.id
  })
  element.setAttribute("aria-labelledby", labels.join(" "))
  return element
}

/**
 * Return the element that the server made for a message of the page's first screen, until it is
 * completed. It stays: its text would otherwise be laid out a second time.
 * @param {string} id
 */
function servedRow(id) {
  const element = document.getElementById(id)
  return element?.hasAttribute("aria-labelledby") ? null : element
}

/**
 * Show which message this one answers, as a link to it.
 * @param {HTMLElement} element @param {string} room @param {number | undefined} offset @param {Message | undefined} quoted if it is loaded
 * @param {string} user its author, as far as known without it @param {Context} context
 */
function showQuote(element, room, offset, quoted, user, { names }) {
  const quote = /** @type {HTMLAnchorElement | null} */ (element.querySelector("[data-part=quote]"))
  if (offset === undefined || !quote) return quote?.remove()
  quote.href = pathOf(room, offset)
  part(quote, "[data-part=quote-author]").textContent = quoted ? names.full(quoted) : names.nameOf(user)
  part(quote, "[data-part=quote-text]").textContent = quoteWords(quoted)
}

/** @param {HTMLElement} element @param {string} time */
function showTime(element, time) {
  const at = new Date(time)
  const shown = /** @type {HTMLTimeElement} */ (part(element, "[data-part=time]"))
  shown.dateTime = time
  shown.textContent = clock.format(at)
  shown.title = full.format(at)
}

/** @param {Record<string, string[]>} reactions @param {Context} context */
function renderReactions(reactions, { me, names }) {
  return Object.entries(reactions).map(([emoji, users]) => {
    const element = clone("reaction-template")
    const button = /** @type {HTMLButtonElement} */ (part(element, "button"))
    button.dataset.emoji = emoji
    part(button, ".reaction__emoji").textContent = emoji
    part(button, ".reaction__count").textContent = String(users.length)
    const who = list.format(users.map((user) => (user === me.user ? t("you") : isolated(names.nameOf(user)))))
    button.setAttribute("aria-pressed", String(users.includes(me.user)))
    button.setAttribute("aria-label", `${emoji} ${users.length}: ${who}`)
    button.title = who
    return element
  })
}
