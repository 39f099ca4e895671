// @ts-check
// The log: renders rows, keeps the reader's place, loads more history, notes what was seen.
// The scroller is upside down (log.css): scrollTop is 0 at the newest message and negative above.

import { deliveryStatusOf, SOON_MS } from "../delivery_words.js"
import { onNewDay } from "../midnight.js"
import { entryToShow } from "../overlay.js"
import { pathOf } from "../paths.js"
import { isSameRow, rowsOf } from "../rows.js"
import { t, tn } from "../texts.js"
import { dayKey, isolated } from "../wording.js"
import { beforePaint, byId, isPlainClick } from "./elements.js"
import { LogEdges } from "./edges.js"
import { showDelivery } from "./delivery.js"
import { placeToFollow } from "./links.js"
import { LongTexts } from "./long_texts.js"
import { renderRow } from "./message.js"
import { RovingTabindex } from "./roving_tabindex.js"
import { TouchGestures } from "./touch.js"

/** @import { Chat } from "../chat.js" */
/** @import { Delivery } from "../delivery.js" */
/** @import { Entry } from "../outbox.js" */
/** @import { Row } from "../rows.js" */
/** @import { Sender } from "../sender.js" */

const STICKY_PX = 100 // within this distance of the end counts as at the end
const AHEAD_PX = 1200 // about one and a half screens: history arrives before the reader gets there

export class LogView {
  #chat
  #sender
  #actions
  #scroller = byId("log")
  #list = byId("messages")
  #edges
  #jump = byId("jump")
  /** @type {{ row: Row, element: HTMLElement }[]} */ #shown = []
  #shownRoom = ""
  #isStale = false // names may look different now: render all rows again
  #isStuck = true
  #hasNewest = true // as shown: a page that has come and is not rendered yet must not make the reader stick
  /** @type {string | null} */ #target = null // the id of the row to scroll to as soon as it exists
  /** @type {import("../rows.js").MissingMessage | null} */ #shownMissing = null // whose note was scrolled to last
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #soon
  #delivery
  #tabindex
  #longTexts

  /**
   * @param {Chat} chat @param {Sender} sender @param {Delivery} delivery
   * @param {{ menu: (offset: number, anchor: HTMLElement) => void, reply: (offset: number) => void, person: (offset: number, anchor: HTMLElement) => void, edit: (entry: Entry) => void, go: (room: string, offset: number | null) => void }} actions
   */
  constructor(chat, sender, delivery, actions) {
    this.#chat = chat
    this.#sender = sender
    this.#delivery = delivery
    this.#actions = actions
    this.#edges = new LogEdges(chat)
    this.#target = idOf(chat.focus)
    delivery.addEventListener("change", () => this.#showDeliveries())
    const render = beforePaint(() => this.#render())
    chat.addEventListener("change", (event) => {
      const topic = /** @type {CustomEvent} */ (event).detail
      if (topic === "room") this.#target = idOf(chat.focus)
      if (topic === "me") this.#isStale = true
      if (["timeline", "room", "me", "loading"].includes(topic)) render()
    })
    this.#scroller.addEventListener("scroll", () => this.#onScroll(), { passive: true })
    const lookAtDay = onNewDay(() => new Date(), render)
    document.addEventListener("visibilitychange", () => {
      this.#noteSeen()
      lookAtDay()
    })
    this.#jump.addEventListener("click", () => this.#toNewest())
    this.#list.addEventListener("click", (event) => this.#onClick(event))
    this.#list.addEventListener("keydown", (event) => this.#onKeydown(event))
    new TouchGestures(this.#list, {
      menu: (row) => actions.menu(Number(row.dataset.offset), row),
      reply: (row) => actions.reply(Number(row.dataset.offset)),
    })
    this.#tabindex = new RovingTabindex(this.#list, () => this.#messageRows())
    this.#longTexts = new LongTexts(this.#list)
    // When a keyboard opens, the composer grows or a picture loads, the end stays in view.
    new ResizeObserver(() => this.#settle()).observe(this.#scroller)
    this.#render()
  }

  /** Scroll to the end and stay there, as after sending. */
  stick() {
    this.#isStuck = this.#hasNewest = true
    this.#scroller.scrollTop = 0
  }

  focusNewest() {
    this.#messageRows().at(-1)?.focus()
  }

  #render() {
    const { current, room, pending, me, missing } = this.#chat
    if (current !== this.#shownRoom) {
      this.#shownRoom = current
      this.#shown = []
      this.#isStuck = true
      this.#tabindex.reset()
      this.#scroller.setAttribute("aria-label", t("Messages in {room}", { room: isolated(this.#chat.label) }))
    } else if (this.#isStuck) {
      this.#isStuck = this.#isAtEnd() // the reader may have scrolled, with the event not yet delivered
    }
    const rows = rowsOf(room.timeline?.items ?? [], pending, { newFrom: room.newFrom, me: me.user, room: this.#chat.label, missing, today: dayKey(new Date()) })
    const places = this.#isStuck ? [] : this.#places()
    this.#reconcile(rows)
    this.#hasNewest = !room.timeline?.moreAfter
    this.#longTexts.update()
    this.#showDeliveries()
    this.#edges.render()
    if (missing && this.#shownMissing !== missing) this.#target = "missing"
    this.#shownMissing = missing
    if (this.#target !== null) this.#reach(this.#target)
    else if (this.#isStuck) this.#scroller.scrollTop = 0
    else this.#keep(places)
    this.#tabindex.update()
    this.#noteSeen()
    this.#wantMore()
  }

  /** Make the list show `rows`, keeping the elements of rows that look the same. @param {Row[]} rows */
  #reconcile(rows) {
    const before = new Map(this.#shown.map((shown) => [shown.row.id, shown]))
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.closest("#messages > li")
    const { me, names } = this.#chat
    const context = { me, names, now: new Date() }
    this.#shown = rows.map((row) => {
      const old = before.get(row.id)
      const canStay = old && !this.#isStale && isSameRow(old.row, row)
      return canStay ? old : { row, element: renderRow(row, context) }
    })
    this.#isStale = false
    // Remove old elements first; otherwise everything after them would be moved and laid out again.
    /** @type {Set<Element>} */ const staying = new Set(this.#shown.map(({ element }) => element))
    for (const element of [...this.#list.children]) if (!staying.has(element)) element.remove()
    let next = this.#list.firstElementChild
    for (const { element } of this.#shown) {
      if (element === next) next = next.nextElementSibling
      else this.#list.insertBefore(element, next)
    }
    // A changed row is a new element, as is a message that has left the outbox; move the focus to it.
    if (focused && !focused.isConnected) this.#shown.find(({ row }) => row.id === focused.id || (row.kind === "message" && row.message.key === focused.dataset.key))?.element.focus({ preventScroll: true })
    const { editing } = this.#chat
    const isEdited = (/** @type {HTMLElement} */ { dataset }) => editing !== null && (editing.offset === undefined ? dataset.key === editing.key : dataset.offset === String(editing.offset))
    for (const { element } of this.#shown) {
      element.classList.toggle("message--focus", element.dataset.offset === String(this.#chat.focus))
      element.classList.toggle("message--edited", isEdited(element))
    }
  }

  /** Show the delivery state of each pending entry, and again after SOON_MS, when its words may change. */
  #showDeliveries() {
    for (const { row, element } of this.#shown) {
      const entry = row.kind === "pending" ? row.entry : row.kind === "message" ? entryToShow(row.changes) : undefined
      if (!entry) continue
      showDelivery(element, entry, deliveryStatusOf(entry, this.#delivery, Date.now()))
      if (entry.state === "waiting" && this.#delivery.connection === "connected") {
        this.#soon ??= setTimeout(() => {
          this.#soon = undefined
          this.#showDeliveries()
        }, SOON_MS)
      }
    }
  }

  #places() {
    const view = this.#scroller.getBoundingClientRect()
    return this.#shown.flatMap(({ row, element }) => {
      const { top, bottom } = element.getBoundingClientRect()
      return row.kind !== "day" && bottom > view.top && top < view.bottom ? [{ id: row.id, top }] : [] // a day's line goes up when earlier messages come
    })
  }

  /** Scroll so that the topmost row that still exists is back at its old position. @param {{ id: string, top: number }[]} places */
  #keep(places) {
    const elements = new Map(this.#shown.map(({ row, element }) => [row.id, element]))
    const place = places.find(({ id }) => elements.has(id))
    const element = place && elements.get(place.id)
    if (element) this.#scroller.scrollTop += element.getBoundingClientRect().top - place.top
  }

  /** @param {string} id */
  #reach(id) {
    const element = document.getElementById(id)
    if (!element) return
    this.#target = null
    element.scrollIntoView({ block: "center" })
    this.#isStuck = this.#isAtEnd()
  }

  #isAtEnd() {
    return -this.#scroller.scrollTop < STICKY_PX && this.#hasNewest
  }

  #onScroll() {
    this.#isStuck = this.#isAtEnd()
    this.#noteSeen()
    this.#wantMore()
  }

  #settle() {
    if (this.#isStuck) this.#scroller.scrollTop = 0
    this.#noteSeen()
    this.#wantMore()
  }

  /** Note whether the newest message is on a visible screen. */
  #noteSeen() {
    const { room } = this.#chat
    this.#chat.isWatching = this.#isStuck && !document.hidden && room.timeline !== null && room.name === this.#shownRoom
    if (this.#chat.isWatching) this.#chat.markRead()
    this.#jump.hidden = this.#isStuck
    const words = room.unread > 0 ? tn(room.unread, "{count} new message", "{count} new messages") : t("Jump to newest")
    if (this.#jump.textContent !== words) this.#jump.textContent = words
  }

  #wantMore() {
    const { room, history: pages } = this.#chat
    if (pages.loading !== "" || !room.timeline || this.#target !== null) return
    const below = -this.#scroller.scrollTop
    const above = this.#scroller.scrollHeight - this.#scroller.clientHeight - below
    if (room.timeline.more && above < AHEAD_PX) void pages.older(room)
    else if (room.timeline.moreAfter && below < AHEAD_PX) void pages.newer(room)
  }

  async #toNewest() {
    const path = pathOf(this.#chat.current)
    if (location.pathname !== path) history.replaceState(null, "", path)
    await this.#chat.showNewest()
    this.stick()
    this.#render()
    this.focusNewest()
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const target = /** @type {Element} */ (event.target)
    const row = /** @type {HTMLElement | null} */ (target.closest("#messages > li"))
    if (!row) return
    const offset = Number(row.dataset.offset)
    const action = target.closest("[data-delivery-action]")
    const reaction = target.closest(".reaction")
    if (action instanceof HTMLElement) return this.#onDeliveryAction(action)
    if (target.closest("#missing button")) return void this.#toNewest()
    if (reaction instanceof HTMLElement) {
      const message = this.#chat.messageAt(offset)
      return message && this.#sender.react(message, reaction.dataset.emoji ?? "", reaction.getAttribute("aria-pressed") !== "true")
    }
    const place = placeToFollow(event)
    if (place) return this.#actions.go(place.room, place.offset)
    const tool = target.closest(".tool")
    if (tool instanceof HTMLElement) return tool.matches(".tool--reply") ? this.#actions.reply(offset) : this.#actions.menu(offset, tool)
    const who = target.closest(".author, .avatar")
    if (who instanceof HTMLElement && row.dataset.offset) return this.#actions.person(offset, who)
    const link = target.closest("a.when")
    if (link && isPlainClick(event)) {
      event.preventDefault()
      history.pushState(null, "", link.getAttribute("href"))
      this.#chat.focus = offset
      this.#render()
    }
  }

  /** @param {HTMLElement} button at a pending entry */
  #onDeliveryAction(button) {
    const key = /** @type {HTMLElement | null} */ (button.closest("[data-key]"))?.dataset.key ?? ""
    const entry = this.#chat.pending.find((other) => other.key === key)
    if (button.dataset.deliveryAction === "retry") this.#sender.retry(key)
    else if (button.dataset.deliveryAction === "edit") entry && this.#actions.edit(entry)
    else this.#sender.withdraw(key)
  }

  /** @param {KeyboardEvent} event */
  #onKeydown(event) {
    const row = /** @type {HTMLElement} */ (event.target)
    if (row.parentElement !== this.#list) return // a button or link in a row handles its own keys
    if (!this.#tabindex.handle(event, byId("text")) && (event.key === "Enter" || event.key === "ContextMenu")) {
      const more = /** @type {HTMLElement | null} */ (row.querySelector(".more"))
      if (!more) return
      event.preventDefault()
      this.#actions.menu(Number(row.dataset.offset), more)
    }
  }

  #messageRows() {
    return this.#shown.flatMap(({ row, element }) => (row.kind === "message" || row.kind === "pending" ? [element] : []))
  }
}

/** Return the id of a message's row. @param {number | null} offset */
function idOf(offset) {
  return offset === null ? null : `m${offset}`
}
