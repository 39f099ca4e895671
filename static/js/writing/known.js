// @ts-check
// The people and rooms that this page knows of, as things to find by name.

import { findRooms } from "../api.js"
import { readPeople } from "../dialogs/people.js"
import { NoAnswer, Refusal } from "../engine/http.js"
import { accessOf, titleOf } from "../room_info.js"
import { inOrder } from "../room_order.js"
import { keysOf } from "./ranking.js"

/** @import { Chat } from "../chat.js" */
/** @import { Folded } from "./ranking.js" */

/** @typedef {{ user: string, name: string, full: string, keys: Folded }} KnownPerson full: with the mark that tells namesakes apart */
/** @typedef {{ room: string, title: string, isMine: boolean, keys: Folded }} KnownRoom */

/** Return everybody known: who wrote here last, who is in this room, and then all others. @param {Chat} chat @returns {KnownPerson[]} */
export function knownPeople({ room, names, me }) {
  const authors = (room.timeline?.items ?? []).flatMap((item) => (item.type === "message" ? [item] : [])).reverse()
  const found = new Map()
  for (const { user, name } of [...authors, ...(room.people ?? []), ...(room.users ?? []), ...names.everybody()]) {
    if (user !== me.user && !found.has(user)) found.set(user, { user, name, full: names.full({ user, name }), keys: keysOf([name]) })
  }
  return [...found.values()]
}

/** @type {Promise<boolean> | null} */ let reading = null

/** Learn the names of the members of this site, once; guests may not. Return whether there are new ones. @param {Chat} chat */
export function learnMembers(chat) {
  if (chat.role === "guest" || reading) return Promise.resolve(false)
  reading = readPeople().then(
    (people) => {
      for (const person of people) chat.names.add(person)
      return true
    },
    (error) => {
      reading = null
      if (error instanceof NoAnswer || error instanceof Refusal) return false
      throw error
    },
  )
  return reading
}

/** Return this user's rooms, in the order of the sidebar; direct ones behind. @param {Chat} chat @returns {KnownRoom[]} */
export function ownRooms({ rooms, me }) {
  const { rooms: mine, directs } = inOrder(rooms.values(), me.user)
  return [...mine, ...directs].map((room) => {
    const title = titleOf(room, me.user)
    return { room: room.name, title, isMine: true, keys: keysOf([title], accessOf(room.name) === "public" ? [room.name] : []) }
  })
}

/** Return rooms that this user could join whose names or titles contain `query`; none while nobody answers. @param {string} query @returns {Promise<KnownRoom[]>} */
export async function otherRooms(query) {
  try {
    const found = (await findRooms(query)).filter(({ is_member }) => !is_member)
    return found.map(({ room, title = "" }) => ({ room, title: title || room, isMine: false, keys: keysOf([title || room], [room]) }))
  } catch (error) {
    if (error instanceof NoAnswer || error instanceof Refusal) return []
    throw error
  }
}
