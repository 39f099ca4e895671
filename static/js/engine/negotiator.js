// @ts-check
// Negotiates with the server: which transports it offers, and on what terms.

import { BASE } from "./base.js"
import { negotiate } from "./http.js"
import { isBetter } from "./policy.js"

/** @import { History } from "./history.js" */
/** @import { Offer, Terms } from "./http.js" */
/** @import { Memory } from "./memory.js" */
/** @import { TransportName } from "./policy.js" */

const HOLD_S = 20 // with the margin and one attempt's deadline, a dead link shows within 30 s
const RTT_USUAL_MS = 100 // until a round trip is measured
export const PATIENCE_MS = 500 // if POSTs are slow or blocked, a race in our own order starts then
const URLS = { websocket: `${BASE}/chat`, sse: `${BASE}/events`, longpoll: `${BASE}/poll` }
const SEND_URL = `${BASE}/send`

export class Negotiator {
  /** @type {Offer[]} */ offers = [] // best first
  heartbeat_s = 15
  hold_s = HOLD_S
  #can
  #asking = new AbortController()

  /** @param {TransportName[]} can @param {number} [rtt_ms] */
  constructor(can, rtt_ms) {
    this.#can = can
    this.rtt_ms = rtt_ms || RTT_USUAL_MS
  }

  /**
   * Ask the server. After PATIENCE_MS, assume that it offers all transports, and call `onPatienceOver`.
   * @param {{ memory: Memory, session: string | null, history: History, why: string }} question
   * @param {() => void} onPatienceOver @returns {Promise<{ terms: Terms, took_ms: number } | null>} null if aborted meanwhile
   */
  async negotiate({ memory, session, history, why }, onPatienceOver) {
    this.abort()
    const { signal } = (this.#asking = new AbortController())
    const startedAt_ms = performance.now()
    const took_ms = () => performance.now() - startedAt_ms
    const id = history.begin("negotiate", "race", why)
    const patience = setTimeout(() => {
      this.assume()
      onPatienceOver()
    }, PATIENCE_MS)
    signal.addEventListener("abort", () => clearTimeout(patience))
    try {
      const terms = await negotiate({ can: this.#can, failed: memory.recentFailures(Date.now()), session }, signal)
      history.update(id, { proven_ms: took_ms(), ended_ms: took_ms(), outcome: "closed" })
      return signal.aborted ? null : { terms, took_ms: took_ms() }
    } catch (error) {
      const detail = signal.aborted ? "overtaken" : /** @type {Error} */ (error).message
      history.update(id, { ended_ms: took_ms(), outcome: "unanswered", detail })
      if (signal.aborted) return null
      throw error
    } finally {
      clearTimeout(patience)
    }
  }

  abort() {
    this.#asking.abort()
  }

  /** Accept the server's terms. @param {Terms} terms @param {Memory} memory learns which network it is */
  accept({ heartbeat_s, poll_hold_s, network = "", transports }, memory) {
    // The server ranked by failures reported from another network, so our own order counts here.
    const isOther = memory.arrive(network)
    const usable = transports.filter(({ transport }) => this.#can.includes(transport))
    this.offers = isOther ? byMerit(usable) : usable
    this.heartbeat_s = heartbeat_s
    this.hold_s = Math.min(HOLD_S, poll_hold_s)
  }

  /** Offer all transports as long as the server has not answered. */
  assume() {
    if (this.offers.length > 0) return
    const why = "the server has not said yet"
    this.offers = this.#can.map((transport) => ({ transport, url: URLS[transport], send: SEND_URL, why }))
  }

  /** @param {TransportName} transport */
  of(transport) {
    return this.offers.find((offer) => offer.transport === transport)
  }

  get sendUrl() {
    return this.offers[0]?.send ?? SEND_URL
  }
}

/** Return `offers` sorted by transport, best first. @template {{ transport: TransportName }} T @param {readonly T[]} offers */
export function byMerit(offers) {
  return offers.toSorted((one, other) => (isBetter(one.transport, other.transport) ? -1 : 1))
}
