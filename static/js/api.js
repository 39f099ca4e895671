// @ts-check
// The page's HTTP requests to the server, other than commands.

import { BASE } from "./engine/base.js"
import { NoAnswer, request } from "./engine/http.js"
import { accessOf, LOBBY } from "./room_info.js"

/** @import { RoomInfo } from "./room_info.js" */
/** @import { Message } from "./timeline.js" */

/** @typedef {{ messages: Message[], more: boolean }} Page */
/** @typedef {Message & { room: string, excerpt: string[] }} Found every second piece of the excerpt is a match */
/** @typedef {{ results: Found[], is_building?: boolean }} Results is_building: older messages may be missing */

const FOUND_LIMIT = 100 // rooms in a list; typing finds the others

let isClosed = false // after signing out, any request would create a new guest, so none is sent

/** Stop sending requests, or allow them again. @param {boolean} closed */
export function close(closed) {
  isClosed = closed
}

/** @type {typeof request} */
function ask(path, options) {
  if (isClosed) return Promise.reject(new NoAnswer("not connected"))
  return request(path, options)
}

/** @param {string} room @param {{ before?: number, after?: number, limit?: number }} range @returns {Promise<Page>} */
export function history(room, range) {
  const query = new URLSearchParams(Object.entries(range).map(([name, value]) => [name, String(value)]))
  return ask(`${BASE}/api/rooms/${encodeURIComponent(room)}/messages?${query}`)
}

/**
 * Ask the HTTP API. @param {string} path below /api/ @param {{ method?: string, json?: unknown, query?: Record<string, string> }} [options] @returns {Promise<any>}
 */
export function call(path, { method = "GET", json, query } = {}) {
  const body = json === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(json) }
  return ask(`${BASE}/api/${path}${query ? `?${new URLSearchParams(query)}` : ""}`, { method, ...body })
}

/** Return the messages that a query finds, the newest first. @param {string} q @param {number} limit @returns {Promise<Results>} */
export function search(q, limit) {
  return call("search", { query: { q, limit: String(limit) } })
}

/** Return what is set of a room, and who is what in it. @param {string} name @returns {Promise<RoomInfo>} */
export async function describeRoom(name) {
  const [info, { members }] = await Promise.all([call(roomPath(name)), name === LOBBY ? { members: [] } : call(`${roomPath(name)}/members`)])
  return accessOf(name) === "direct" ? { ...info, users: members } : { ...info, roles: members }
}

/** @param {string} name */
export function roomPath(name) {
  return `rooms/${encodeURIComponent(name)}`
}

/** Return rooms that this user may find, whose names or titles contain `query`. @param {string} query @returns {Promise<RoomInfo[]>} */
export async function findRooms(query) {
  return (await call("rooms", { query: { limit: String(FOUND_LIMIT), ...(query ? { query } : {}) } })).rooms
}

/** Take another name. @param {string} name @returns {Promise<{ user: string, name: string }>} */
export function login(name) {
  return ask(`${BASE}/login`, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams({ name }) })
}

/** End this browser's identity for good. */
export function logout() {
  return request(`${BASE}/logout`, { method: "POST", headers: { Accept: "application/json" } })
}
