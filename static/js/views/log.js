// @ts-check
// The log: renders rows, keeps the reader's place, asks for more history, knows what was seen.
//
// The scroller is upside down (log.css): scrollTop is 0 at the newest message and negative above.

import { pathOf } from "../paths.js"
import { isSameRow, rowsOf } from "../rows.js"
import { plural } from "../wording.js"
import { beforePaint, byId, isPlainClick } from "./elements.js"
import { renderRow } from "./message.js"

/** @import { Chat } from "../chat.js" */
/** @import { Row } from "../rows.js" */

const STICKY_PX = 100 // nearer to the end than this is at the end
const AHEAD_PX = 1200 // about one and a half screens: history is here before its place is reached

export class LogView {
  #chat
  #actions
  #scroller = byId("log")
  #list = byId("messages")
  #start = byId("log-start")
  #end = byId("log-end")
  #jump = byId("jump")
  /** @type {{ row: Row, element: HTMLElement }[]} */
  #shown = []
  #shownRoom = ""
  #isStale = false // names may look different now: all rows are rendered anew
  #isStuck = true
  /** @type {number | null} the message to bring into view when it is here */
  #target = null
  /** @type {HTMLElement | null} the message that the Tab key reaches */
  #active = null

  /**
   * @param {Chat} chat
   * @param {{ menu: (offset: number, anchor: HTMLElement) => void, run: (work: () => Promise<unknown>) => void }} actions
   */
  constructor(chat, actions) {
    this.#chat = chat
    this.#actions = actions
    this.#target = chat.focus
    const render = beforePaint(() => this.#render())
    chat.addEventListener("change", (event) => {
      const topic = /** @type {CustomEvent} */ (event).detail
      if (topic === "room") this.#target = chat.focus
      if (topic === "me") this.#isStale = true
      if (["timeline", "room", "me", "loading"].includes(topic)) render()
    })
    this.#scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true })
    document.addEventListener("visibilitychange", () => this.#look())
    this.#jump.addEventListener("click", () => this.#toNewest())
    this.#list.addEventListener("click", (event) => this.#clicked(event))
    this.#list.addEventListener("keydown", (event) => this.#keyed(event))
    this.#list.addEventListener("focusin", ({ target }) => this.#activate(/** @type {Element} */ (target).closest("li")))
    for (const edge of [this.#start, this.#end]) {
      edge.addEventListener("click", ({ target }) => {
        if (target instanceof HTMLButtonElement) chat.history.retry()
      })
    }
    // A keyboard that opens, a composer that grows, a picture that loads: the end stays in view.
    new ResizeObserver(() => this.#settle()).observe(this.#scroller)
    this.#render()
  }

  /** Go to the end, as after sending. */
  stick() {
    this.#isStuck = true
    this.#scroller.scrollTop = 0
  }

  /** Put the focus on the newest message. */
  focusNewest() {
    this.#messageRows().at(-1)?.focus()
  }

  #render() {
    const { current, room, pending, me } = this.#chat
    const timeline = room.timeline
    const isOtherRoom = current !== this.#shownRoom
    if (isOtherRoom) {
      this.#shownRoom = current
      this.#shown = []
      this.#isStuck = true
      this.#active = null
      this.#scroller.setAttribute("aria-label", `Messages in #${current}`)
    } else if (this.#isStuck) {
      this.#isStuck = this.#isAtEnd() // it may have been scrolled, and the event be still to come
    }
    const rows = rowsOf(timeline?.items ?? [], pending, { newFrom: room.newFrom, me: me.user })
    const places = this.#isStuck ? [] : this.#places()
    this.#reconcile(rows)
    this.#edges()
    if (this.#target !== null) this.#reach(this.#target)
    else if (this.#isStuck) this.#scroller.scrollTop = 0
    else this.#keep(places)
    this.#keepTabStop()
    this.#look()
    this.#wantMore()
  }

  /** Make the list show `rows`, leaving alone what looks the same. @param {Row[]} rows */
  #reconcile(rows) {
    const before = new Map(this.#shown.map((shown) => [shown.row.id, shown]))
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.closest("#messages > li")
    const { me, names } = this.#chat
    const context = { me, names, nameOf: (/** @type {string} */ user) => this.#nameOf(user) }
    this.#shown = rows.map((row) => {
      const old = before.get(row.id)
      const canStay = old && !this.#isStale && isSameRow(old.row, row)
      return canStay ? old : { row, element: renderRow(row, context) }
    })
    this.#isStale = false
    // What goes goes first: else all that stands behind it would be moved, and be laid out anew.
    /** @type {Set<Element>} */
    const staying = new Set(this.#shown.map(({ element }) => element))
    for (const element of [...this.#list.children]) if (!staying.has(element)) element.remove()
    let next = this.#list.firstElementChild
    for (const { element } of this.#shown) {
      if (element === next) next = next.nextElementSibling
      else this.#list.insertBefore(element, next)
    }
    // A changed row is a new element: the focus stays with the message.
    if (focused && !focused.isConnected) document.getElementById(focused.id)?.focus({ preventScroll: true })
    for (const { element } of this.#shown) {
      element.classList.toggle("message--focus", element.dataset.offset === String(this.#chat.focus))
    }
  }

  #edges() {
    const { room } = this.#chat
    const { loading } = this.#chat.history
    const { timeline } = room
    this.#start.replaceChildren(this.#edgeWords(timeline?.more ?? true, loading === "older" || !timeline))
    if (timeline && !timeline.more && loading !== "failed") {
      const isEmpty = timeline.items.length === 0
      this.#start.textContent = isEmpty
        ? `Nothing was said in #${room.name} yet. Say hello!`
        : `This is the beginning of #${room.name}.`
    }
    this.#end.hidden = !timeline?.moreAfter
    this.#end.replaceChildren(this.#edgeWords(timeline?.moreAfter ?? false, loading === "newer"))
  }

  /** @param {boolean} hasMore @param {boolean} isLoading @returns {Node | string} */
  #edgeWords(hasMore, isLoading) {
    if (this.#chat.history.loading === "failed" && hasMore) {
      const words = document.createElement("span")
      const again = document.createElement("button")
      again.type = "button"
      again.className = "button button--quiet"
      again.textContent = "Try again"
      words.append("These messages could not be loaded. ", again)
      return words
    }
    return isLoading ? "Loading…" : ""
  }

  // The reader's place

  /** Return the rows in view and where they stand. */
  #places() {
    const view = this.#scroller.getBoundingClientRect()
    return this.#shown.flatMap(({ row, element }) => {
      const { top, bottom } = element.getBoundingClientRect()
      return bottom > view.top && top < view.bottom ? [{ id: row.id, top }] : []
    })
  }

  /** Put the uppermost row that is still there back to where it stood. @param {{ id: string, top: number }[]} places */
  #keep(places) {
    const elements = new Map(this.#shown.map(({ row, element }) => [row.id, element]))
    const place = places.find(({ id }) => elements.has(id))
    const element = place && elements.get(place.id)
    if (element) this.#scroller.scrollTop += element.getBoundingClientRect().top - place.top
  }

  /** @param {number} offset */
  #reach(offset) {
    const element = document.getElementById(`m${offset}`)
    if (!element) return
    this.#target = null
    element.scrollIntoView({ block: "center" })
    this.#isStuck = this.#isAtEnd()
  }

  #isAtEnd() {
    return -this.#scroller.scrollTop < STICKY_PX && !this.#chat.room.timeline?.moreAfter
  }

  #scrolled() {
    this.#isStuck = this.#isAtEnd()
    this.#look()
    this.#wantMore()
  }

  #settle() {
    if (this.#isStuck) this.#scroller.scrollTop = 0
    this.#look()
    this.#wantMore()
  }

  /** Note whether the newest message is under somebody's eyes. */
  #look() {
    const { room } = this.#chat
    this.#chat.isWatching = this.#isStuck && !document.hidden && room.timeline !== null && room.name === this.#shownRoom
    if (this.#chat.isWatching) this.#chat.markRead()
    this.#jump.hidden = this.#isStuck
    const words = room.unread > 0 ? plural(room.unread, "new message", "new messages") : "Jump to newest"
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

  // Hands

  /** @param {MouseEvent} event */
  #clicked(event) {
    const target = /** @type {Element} */ (event.target)
    const row = /** @type {HTMLElement | null} */ (target.closest("#messages > li"))
    if (!row) return
    const { key } = row.dataset
    const offset = Number(row.dataset.offset)
    const fate = target.closest("[data-fate]")
    const reaction = target.closest(".reaction")
    if (fate && key) return fate.getAttribute("data-fate") === "retry" ? this.#chat.retry(key) : this.#chat.discard(key)
    if (reaction instanceof HTMLElement) {
      const on = reaction.getAttribute("aria-pressed") !== "true"
      return this.#actions.run(() => this.#chat.react(offset, reaction.dataset.emoji ?? "", on))
    }
    if (target.closest(".more")) return this.#actions.menu(offset, /** @type {HTMLElement} */ (target.closest(".more")))
    const link = target.closest("a.when")
    if (link && isPlainClick(event)) {
      event.preventDefault()
      history.pushState(null, "", link.getAttribute("href"))
      this.#chat.focus = offset
      this.#render()
    }
  }

  /** @param {KeyboardEvent} event */
  #keyed(event) {
    const row = /** @type {HTMLElement} */ (event.target)
    if (row.parentElement !== this.#list) return // a button or link in it has its own keys
    const rows = this.#messageRows()
    const at = rows.indexOf(row)
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1 }[event.key]
    if (to !== undefined) {
      event.preventDefault()
      if (rows[to]) rows[to].focus()
      else if (to >= rows.length) byId("text").focus()
    } else if (event.key === "Enter" || event.key === "ContextMenu") {
      const more = /** @type {HTMLElement | null} */ (row.querySelector(".more"))
      if (!more) return
      event.preventDefault()
      this.#actions.menu(Number(row.dataset.offset), more)
    }
  }

  #messageRows() {
    return this.#shown.flatMap(({ row, element }) => (row.kind === "message" || row.kind === "pending" ? [element] : []))
  }

  /** The log is one stop of the Tab key, and so is each thing in the active message. @param {Element | null} row */
  #activate(row) {
    if (row === this.#active) return
    for (const [element, index] of /** @type {const} */ ([[this.#active, -1], [row, 0]])) { // prettier-ignore
      if (!(element instanceof HTMLElement)) continue
      element.tabIndex = index
      for (const inner of /** @type {NodeListOf<HTMLElement>} */ (element.querySelectorAll("button, .when"))) inner.tabIndex = index
    }
    this.#active = /** @type {HTMLElement | null} */ (row)
  }

  #keepTabStop() {
    if (!this.#active?.isConnected) this.#activate(this.#messageRows().at(-1) ?? null)
    for (const { element } of this.#shown) {
      // What failed asks for a decision: it is always in reach.
      if (element.classList.contains("message--failed")) {
        for (const button of element.querySelectorAll("button")) button.tabIndex = 0
      }
    }
  }

  /** @param {string} user */
  #nameOf(user) {
    const { people, timeline } = this.#chat.room
    const person = people?.find((other) => other.user === user) ?? timeline?.items.findLast((item) => item.user === user)
    return person ? this.#chat.names.full(person) : "somebody"
  }
}
