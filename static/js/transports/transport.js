// @ts-check
// The shape that all transports have. They move pushes and decide nothing: deadlines, silence
// and what to try next are the engine's.

/** @import { Reply } from "../engine/http.js" */

/** @typedef {{ type: string, [field: string]: any }} Push */
/**
 * @typedef {object} End why a transport ended
 * @property {string} reason for people and for the server's statistics
 * @property {number} [code] a goodbye's, where there was one
 * @property {Reply} [refusal] what the server itself said, where it refused: the network is not the cause
 */
/**
 * @typedef {object} Wish
 * @property {string} url the offer's
 * @property {string | null} session to carry on; null for one of its own
 * @property {() => string} cursor what was seen, asked for whenever a request begins
 * @property {number} heartbeat_s how often a stream is to show that it lives
 * @property {number} hold_s how long a poll may be held
 * @property {number} rest_s how long to be still between two polls
 * @property {() => void} onOpen commands can be sent
 * @property {(push: Push) => void} onPush
 * @property {() => void} onLife something came that is no push
 * @property {(end: End) => void} onEnd at most once, never after close()
 */
/** @typedef {Pick<Wish, "url" | "session" | "cursor">} Place where to attach */
/**
 * @typedef {object} Transport
 * @property {((command: object) => void) | null} send null where commands go by POST
 * @property {() => void} close
 */

/**
 * Return the address to attach at.
 * @param {Place} place @param {Record<string, string | number>} more
 */
export function attachUrl({ url, session, cursor }, more) {
  const address = new URL(url, location.href)
  const query = { ...(session && { session }), cursor: cursor(), ...more }
  address.search = String(new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)])))
  return address
}
