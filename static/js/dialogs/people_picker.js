// @ts-check
// A list of people to choose from: those who are here, and the members of this site, found by name.

import { readPeople } from "./people.js"
import { hueOf, initialOf } from "../names.js"
import { t } from "../texts.js"
import { run } from "../views/dialogs.js"
import { textElement } from "../views/elements.js"
import { input } from "./dialog.js"

/** @import { Chat } from "../chat.js" */
/** @import { Person } from "../room.js" */

const SHOWN = 100 // more are found by typing

export class PeoplePicker {
  /** @type {Map<string, Person>} */ chosen = new Map()
  search = input({ type: "search", placeholder: t("Find by name"), ariaLabel: t("Find people by name") })
  list = textElement("ul", "", "picker")
  #chat
  #isIn
  /** @type {readonly Person[]} */ #members = []

  /** @param {Chat} chat @param {(user: string) => boolean} [isIn] those who can't be chosen */
  constructor(chat, isIn = () => false) {
    this.#chat = chat
    this.#isIn = isIn
    this.search.className = "field"
    this.list.setAttribute("role", "list")
    this.search.addEventListener("input", () => this.#render())
    this.#render()
    void this.#load()
  }

  get elements() {
    return [this.search, this.list]
  }

  async #load() {
    if (this.#chat.role === "guest") return // guests may not see who is a member; they choose from those who are here
    await run(this.list, async () => (this.#members = await readPeople()))
    this.#render()
  }

  #render() {
    const query = this.search.value.trim().toLocaleLowerCase()
    const all = new Map([...this.chosen.values(), ...(this.#chat.room.people ?? []), ...this.#members].map((person) => [person.user, person]))
    all.delete(this.#chat.me.user)
    const isFound = (/** @type {Person} */ { user, name }) => !this.#isIn(user) && (this.chosen.has(user) || name.toLocaleLowerCase().includes(query))
    const people = [...all.values()].filter(isFound).slice(0, SHOWN)
    this.list.replaceChildren(...people.map((person) => this.#item(person)))
    if (people.length === 0) this.list.append(textElement("li", query ? t("Nobody is called that.") : t("Nobody else is here."), "field-help"))
  }

  /** @param {Person} person */
  #item(person) {
    const item = document.createElement("li")
    const label = textElement("label", "", "picker__person")
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: this.chosen.has(person.user) })
    box.addEventListener("change", () => (box.checked ? this.chosen.set(person.user, person) : this.chosen.delete(person.user)))
    const face = textElement("span", initialOf(person.name), "avatar avatar--small")
    face.setAttribute("aria-hidden", "true")
    face.dataset.hue = String(hueOf(person.user))
    const name = textElement("span", this.#chat.names.full(person), "picker__name")
    name.dir = "auto"
    label.append(box, face, name)
    item.append(label)
    return item
  }
}
