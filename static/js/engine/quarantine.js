// @ts-check
// Remembers how proven transports ended, and which of them not to trust. Pure.

import { STABLE_MS } from "./policy.js"

/** @import { TransportName } from "./policy.js" */

// Common proxies cut idle or old connections within a minute; a later end has another reason.
export const SOON_MS = 60_000
const ENDS = 2 // one may be a restart; two in a row are due to the network
const TRIAL_FACTOR = 3
const TRIAL_CAP_MS = 15_000

/**
 * A transport in quarantine is tried only beside a working one, and must survive a trial before it
 * carries the conversation. If nothing else works, it is used without one.
 */
export class Quarantine {
  /** @type {Partial<Record<TransportName, number>>} */ ends = {} // how often in a row each ended by itself, and soon
  /** @type {Partial<Record<TransportName, number>>} */ lived_ms = {} // only of those in quarantine

  /** Record that a transport ended by itself. @param {TransportName} transport @param {number} lived_ms since it was proven */
  ended(transport, lived_ms) {
    if (lived_ms >= SOON_MS) return this.forget(transport)
    const ends = (this.ends[transport] ?? 0) + 1
    this.ends[transport] = ends
    if (lived_ms < STABLE_MS || ends >= ENDS) this.lived_ms[transport] = lived_ms
  }

  /** Release a transport after its trial; its next early end returns it. @param {TransportName} transport */
  passed(transport) {
    delete this.lived_ms[transport]
    this.ends[transport] = ENDS - 1
  }

  /** Trust a transport again. @param {TransportName} transport */
  forget(transport) {
    delete this.lived_ms[transport]
    delete this.ends[transport]
  }

  /** @param {TransportName} transport */
  isQuarantined(transport) {
    return transport in this.lived_ms
  }

  /** Return how long a transport must survive beside a working one; 0 if it is trusted. @param {TransportName} transport */
  trial_ms(transport) {
    const lived_ms = this.lived_ms[transport]
    return lived_ms === undefined ? 0 : Math.min(TRIAL_CAP_MS, Math.max(STABLE_MS, TRIAL_FACTOR * lived_ms))
  }
}
