// @ts-check
// Loads pages of history into rooms' timelines: the newest, those around a message, older, newer.

import { history } from "./api.js"
import { NoAnswer, Refusal } from "./parley.js"
import * as timelines from "./timeline.js"

/** @import { Page } from "./api.js" */
/** @import { Room } from "./room.js" */

const PAGE_LIMIT = 60 // two screens: the next page is requested before this one ends

export class HistoryLoader {
  /** @type {"" | "older" | "newer" | "failed"} */ loading = "" // what is being loaded, or that it failed
  #again = () => {}
  #onChange
  #onPage

  /**
   * @param {() => void} onChange called when `loading` changes
   * @param {(room: Room, page: Page, isAnew: boolean) => void} onPage called after a page was added to
   *   the room's timeline, or (isAnew) has replaced it
   */
  constructor(onChange, onPage) {
    this.#onChange = onChange
    this.#onPage = onPage
  }

  retry() {
    this.#again()
  }

  /** Load the newest page, or those around a message; the old timeline stays until then. @param {Room} room @param {number | null} focus */
  async reload(room, focus) {
    const load = ++room.loads
    room.incoming = timelines.newTimeline()
    try {
      const [older, newer] = await Promise.all([
        history(room.name, focus === null ? { limit: PAGE_LIMIT } : { before: focus, limit: PAGE_LIMIT }),
        focus === null ? null : history(room.name, { after: focus - 1, limit: PAGE_LIMIT }),
      ])
      if (room.loads !== load) return // a later reload will do it
      const page = { messages: [...older.messages, ...(newer?.messages ?? [])], more: older.more }
      room.timeline = timelines.underlay(room.incoming, page, newer?.more)
      room.incoming = null
      this.#onPage(room, page, true)
    } catch (error) {
      if (room.loads !== load) return
      room.incoming = null
      this.#failed(room, error, () => this.reload(room, focus))
    }
  }

  /** @param {Room} room */
  async older(room) {
    if (!room.timeline?.more) return
    const before = room.timeline.items.find((item) => item.type === "message")?.offset
    await this.#extend(room, "older", before === undefined ? {} : { before })
  }

  /** @param {Room} room */
  async newer(room) {
    const after = room.timeline?.items.at(-1)?.offset
    if (room.timeline?.moreAfter && after !== undefined) await this.#extend(room, "newer", { after })
  }

  /** @param {Room} room @param {"older" | "newer"} what @param {{ before?: number, after?: number }} range */
  async #extend(room, what, range) {
    if (this.loading !== "") return
    this.#setLoading(what)
    const load = room.loads
    try {
      const page = await history(room.name, { ...range, limit: PAGE_LIMIT })
      // Scrolling would request the same page again and again, so leave it to the retry button.
      if (page.messages.length === 0 && page.more) throw new NoAnswer("a page without a message")
      this.#setLoading("")
      if (!room.timeline || room.loads !== load) return // reloaded in the meantime
      const extend = what === "older" ? timelines.prepend : timelines.append
      room.timeline = extend(room.timeline, page)
      this.#onPage(room, page, false)
    } catch (error) {
      this.#failed(room, error, () => this[what](room))
    }
  }

  /** @param {Room} room @param {unknown} error @param {() => unknown} again */
  #failed(room, error, again) {
    if (!(error instanceof NoAnswer || error instanceof Refusal)) throw error
    if (error instanceof Refusal && error.reply.code === "no_such_room") {
      room.timeline ??= timelines.newTimeline()
      room.exists = false
      this.#setLoading("")
      return this.#onPage(room, { messages: [], more: false }, true)
    }
    this.#again = () => {
      this.#setLoading("")
      again()
    }
    this.#setLoading("failed")
  }

  /** @param {HistoryLoader["loading"]} loading */
  #setLoading(loading) {
    this.loading = loading
    this.#onChange()
  }
}
