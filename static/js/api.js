// @ts-check
// What the page asks the server for, besides commands.

import { request } from "./engine/http.js"

/** @import { Message } from "./timeline.js" */

/** @typedef {{ messages: Message[], more: boolean }} Page */
/** @typedef {{ room: string, epoch: string, offset: number, unread: number, is_member: boolean }} RoomInfo */

/**
 * @param {string} room
 * @param {{ before?: number, after?: number, limit?: number }} range
 * @returns {Promise<Page>}
 */
export function history(room, range) {
  const query = new URLSearchParams(Object.entries(range).map(([name, value]) => [name, String(value)]))
  return request(`/api/rooms/${encodeURIComponent(room)}/messages?${query}`)
}

/** @returns {Promise<RoomInfo[]>} */
export async function allRooms() {
  return (await request("/api/rooms")).rooms
}

/**
 * @param {string} name
 * @returns {Promise<{ user: string, name: string }>}
 */
export function login(name) {
  return request("/login", {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams({ name }),
  })
}

/** End the identity that this browser has, for good. */
export function logout() {
  return request("/logout", { method: "POST", headers: { Accept: "application/json" } })
}
