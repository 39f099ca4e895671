// @ts-check
// What the server offers, and on which terms. Pure.

import { BASE } from "./base.js"
import * as memories from "./memory.js"
import { isBetter } from "./policy.js"

/** @import { Offer, Terms } from "./http.js" */
/** @import { Memory } from "./memory.js" */
/** @import { TransportName } from "./policy.js" */

const HOLD_S = 20 // with the margin and one attempt's deadline, a dead link shows within 30 s
const RTT_USUAL_MS = 100 // until one is measured
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
   * Go by what the server says; return what is then known of the network.
   * @param {Terms} terms @param {Memory} memory
   */
  take({ heartbeat_s, poll_hold_s, network = "", transports }, memory) {
    const here = memories.onNetwork(memory, network)
    // What was told of another network speaks against nothing here: then our own order counts.
    const isOther = memory.network !== "" && memory.network !== here.network
    const usable = transports.filter(({ transport }) => this.#can.includes(transport))
    this.all = isOther ? byMerit(usable) : usable
    this.heartbeat_s = heartbeat_s
    this.hold_s = Math.min(HOLD_S, poll_hold_s)
    return here
  }

  /** While the server has not said anything, all may work. */
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

  /** Return all, those behind that have failed here. @param {Memory} memory */
  byFailures({ failures }) {
    const hasFailed = (/** @type {Offer} */ { transport }) => Number(transport in failures)
    return this.all.toSorted((one, other) => hasFailed(one) - hasFailed(other))
  }

  get sendUrl() {
    return this.all[0]?.send ?? SEND_URL
  }
}

/**
 * @template {{ transport: TransportName }} T
 * @param {readonly T[]} offers
 */
export function byMerit(offers) {
  return offers.toSorted((one, other) => (isBetter(one.transport, other.transport) ? -1 : 1))
}
