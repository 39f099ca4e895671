// @ts-check
// Reads the list of the members of this site.

import { call } from "../api.js"
import { locale } from "../texts.js"

/** @typedef {{ user: string, name: string, role: "owner" | "member" | "bot", made_s: number, disabled?: string }} Member */

const PAGE_LIMIT = 200
const PAGES = 10 // a list of 2,000 is searched in the browser; whoever is not in it is written to from a message

/** Return the members of this site by name. @returns {Promise<Member[]>} */
export async function readPeople() {
  /** @type {Member[]} */ const people = []
  let after = ""
  for (let page = 0; page < PAGES; page++) {
    const answer = await call("people", { query: { limit: String(PAGE_LIMIT), ...(after ? { after } : {}) } })
    people.push(...answer.people)
    if (!answer.after) break
    after = answer.after
  }
  return people.sort((a, b) => a.name.localeCompare(b.name, locale))
}
