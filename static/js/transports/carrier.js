// @ts-check
// The shape that all transports have. They move pushes and decide nothing: deadlines, silence
// and what to try next are the connection's.

/** @typedef {{ type: string, [field: string]: any }} Push */
/**
 * @typedef {object} End why a carrier ended
 * @property {string} reason for people and for the server's statistics
 * @property {number} [code] a goodbye's, where there was one
 */
/**
 * @typedef {object} Wish
 * @property {string} url the offer's
 * @property {string} session
 * @property {() => string} cursor what was seen, asked for whenever a request begins
 * @property {(push: Push) => void} onPush
 * @property {() => void} onLife something came that is no push
 * @property {(end: End) => void} onEnd at most once, never after close()
 */
/**
 * @typedef {object} Carrier
 * @property {((command: object) => void) | null} send null where commands go by POST
 * @property {() => void} close
 */

/**
 * Return the address to attach at.
 * @param {Wish} wish @param {Record<string, string>} [more]
 */
export function attachUrl({ url, session, cursor }, more = {}) {
  const address = new URL(url, location.href)
  const query = new URLSearchParams({ session, cursor: cursor(), ...more })
  address.search = String(query)
  return address
}
