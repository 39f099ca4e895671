// @ts-check
// Shows, above and below the messages of the log, where it begins and what is being loaded.

import { mayDo } from "../permissions.js"
import { accessOf } from "../room_info.js"
import { t } from "../texts.js"
import { isolated } from "../wording.js"
import { byId, quietButton, textElement } from "./elements.js"

/** @import { Chat } from "../chat.js" */

export class LogEdges {
  #chat
  #start = byId("log-start")
  #end = byId("log-end")

  /** @param {Chat} chat */
  constructor(chat) {
    this.#chat = chat
    for (const edge of [this.#start, this.#end]) {
      edge.addEventListener("click", ({ target }) => {
        if (target instanceof HTMLButtonElement) chat.history.retry()
      })
    }
  }

  render() {
    const { room, history } = this.#chat
    const { loading } = history
    const { timeline } = room
    this.#start.replaceChildren(this.#words(timeline?.more ?? true, loading === "older" || !timeline))
    if (timeline && !timeline.more && loading !== "failed") this.#start.textContent = beginningWords(room, this.#chat.label)
    this.#renderEmpty()
    this.#end.hidden = !timeline?.moreAfter
    this.#end.replaceChildren(this.#words(timeline?.moreAfter ?? false, loading === "newer"))
  }

  /** Invite to begin where nothing was said yet. */
  #renderEmpty() {
    const { room, role, isClosed, isReader, pending } = this.#chat
    const isEmpty = room.exists && room.timeline?.items.every(({ type }) => type !== "message") === true && !room.timeline.more && pending.length === 0
    byId("empty").hidden = !isEmpty
    byId("empty-topic").textContent = room.topic
    byId("empty-deeds").hidden = !isEmpty || !room.isMember || isClosed || isReader
    byId("empty-invite").hidden = !mayDo("invite", room, role)
    byId("empty-describe").hidden = room.topic !== "" || !mayDo("describe", room, role)
  }

  /** @param {boolean} hasMore @param {boolean} isLoading @returns {Node | string} */
  #words(hasMore, isLoading) {
    if (this.#chat.history.loading === "failed" && hasMore) {
      const words = textElement("span", `${t("These messages could not be loaded.")} `)
      words.append(quietButton(t("Try again")))
      return words
    }
    return isLoading ? t("Loading…") : ""
  }
}

/** @param {import("../room.js").Room} room @param {string} label */
function beginningWords({ name, exists, timeline }, label) {
  const room = isolated(label)
  if (!exists && accessOf(name) !== "public") return t("There is no such room, or you are not in it. Ask somebody who is.")
  if (!exists) return t("There is no room {room}. Its name may be misspelt, or nobody has made it yet.", { room })
  if (accessOf(name) === "direct") return timeline?.items.length === 0 ? t("Nothing was said here yet. Say hello!") : t("This is the beginning of your talk with {name}.", { name: room })
  if (timeline?.items.every(({ type }) => type !== "message")) return t("Nothing was said in {room} yet. Say hello!", { room })
  return t("This is the beginning of {room}.", { room })
}
