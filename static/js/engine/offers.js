// @ts-check
// The transports that the server offers, and their terms. Pure.

import { BASE } from "./base.js"
import * as memories from "./memory.js"
import { isBetter } from "./policy.js"

/** @import { Offer, Terms } from "./http.js" */
/** @import { Memory } from "./memory.js" */
/** @import { TransportName } from "./policy.js" */

const HOLD_S = 20 // with the margin and one attempt's deadline, a dead link shows within 30 s
const RTT_USUAL_MS = 100 // until a round trip is measured
/** @type {Record<TransportName, string>} */
const URLS = { websocket: `${BASE}/chat`, sse: `${BASE}/events`, longpoll: `${BASE}/poll` }
const SEND_URL = `${BASE}/send`

export class Offers {
  /** @type {Offer[]} best first */
  all = []
  heartbeat_s = 15
  hold_s = HOLD_S
  #can

  /** @param {TransportName[]} can @param {number} [rtt_ms] */
  constructor(can, rtt_ms) {
    this.#can = can
    this.rtt_ms = rtt_ms || RTT_USUAL_MS
  }

  /**
   * Take over the server's terms; return the memory of the network that it names.
   * @param {Terms} terms @param {Memory} memory
   */
  take({ heartbeat_s, poll_hold_s, network = "", transports }, memory) {
    const here = memories.onNetwork(memory, network)
    // The server ranked by failures reported from another network, so our own order counts here.
    const isOther = memory.network !== "" && memory.network !== here.network
    const usable = transports.filter(({ transport }) => this.#can.includes(transport))
    this.all = isOther ? byMerit(usable) : usable
    this.heartbeat_s = heartbeat_s
    this.hold_s = Math.min(HOLD_S, poll_hold_s)
    return here
  }

  /** Offer all transports as long as the server has not answered. */
  assume() {
    if (this.all.length > 0) return
    const why = "the server has not said yet"
    this.all = this.#can.map((transport) => ({ transport, url: URLS[transport], send: SEND_URL, why }))
  }

  /** @param {TransportName | undefined} transport */
  of(transport) {
    return this.all.find((offer) => offer.transport === transport)
  }

  /** @param {TransportName} transport */
  betterThan(transport) {
    return this.all.filter((offer) => isBetter(offer.transport, transport))
  }

  /** Return all offers; those that failed on this network come last. @param {Memory} memory */
  byFailures({ failures }) {
    const hasFailed = (/** @type {Offer} */ { transport }) => Number(transport in failures)
    return this.all.toSorted((one, other) => hasFailed(one) - hasFailed(other))
  }

  get sendUrl() {
    return this.all[0]?.send ?? SEND_URL
  }
}

/**
 * Return `offers` sorted by transport, best first.
 * @template {{ transport: TransportName }} T
 * @param {readonly T[]} offers
 */
export function byMerit(offers) {
  return offers.toSorted((one, other) => (isBetter(one.transport, other.transport) ? -1 : 1))
}
