// @ts-check
// The common shape of all transports. They move pushes and decide nothing: the engine does.

import { asUser } from "../engine/user.js"

/** @import { Reply } from "../engine/http.js" */
/** @import { Limits } from "../engine/memory.js" */

/** @typedef {{ type: string, [field: string]: any }} Push */
/**
 * @typedef {object} End why a transport ended
 * @property {string} reason for people and for the server's statistics
 * @property {number} [code] of the goodbye, if there was one
 * @property {Reply} [refusal] the server's own error, if it refused: the network is not the cause
 */
/**
 * @typedef {object} AttachRequest
 * @property {string} url of the offer
 * @property {string | null} session to continue; null for a new one
 * @property {() => string} cursor returns the current cursor, called whenever a request begins
 * @property {number} heartbeat_s the interval of the heartbeats of a stream
 * @property {number} hold_s how long a poll may be held at most
 * @property {number} pause_s how long to wait between two polls
 * @property {Limits} limits what this network tolerates; learned from polls that were cut
 * @property {() => void} onOpen commands can be sent
 * @property {(push: Push) => void} onPush
 * @property {() => void} onLife an answer arrived, even without a push
 * @property {(end: End) => void} onEnd at most once, never after close()
 */
/** @typedef {Pick<AttachRequest, "url" | "session" | "cursor">} Place where to attach */
/** @typedef {{ send: ((command: object) => void) | null, close: () => void }} Transport send: null if commands go by POST */

/** Return the address to attach at, to be requested. @param {Place} place @param {Record<string, string | number>} more */
export function attachUrl({ url, session, cursor }, more) {
  const address = new URL(url, location.href)
  const query = { ...(session && { session }), cursor: cursor(), ...more }
  address.search = String(new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)])))
  return address
}

/** Return the address at which to open a stream, which `request` has no part in. @param {Place} place @param {Record<string, string | number>} more */
export function streamUrl(place, more) {
  return new URL(asUser(attachUrl(place, more).href))
}
