// @ts-check
// What the browser tells about this tab, its device and its network.

/** @import { TabState } from "./tabs/host.js" */

/**
 * Report what changes, until `signal` is aborted: there is another network, or none; the page is shown or
 * hidden; it is closed or kept for the Back button; that button has returned to it.
 * @param {{ onNetwork: (isOnline: boolean) => void, onVisibility: () => void, onHide: () => void, onReturn: () => void }} listener
 * @param {AbortSignal} signal
 */
export function watchEnvironment({ onNetwork, onVisibility, onHide, onReturn }, signal) {
  addEventListener("offline", () => onNetwork(false), { signal })
  addEventListener("online", () => onNetwork(true), { signal })
  document.addEventListener("visibilitychange", onVisibility, { signal })
  addEventListener("pagehide", onHide, { signal })
  addEventListener("pageshow", (event) => /** @type {PageTransitionEvent} */ (event).persisted && onReturn(), { signal })
  const network = /** @type {any} */ (navigator).connection
  let type = network?.type
  network?.addEventListener("change", () => {
    if (network.type !== type) onNetwork(true)
    type = network.type
  }, { signal }) // prettier-ignore
}

/** @returns {TabState} */
export function tabState() {
  const { userAgentData, connection } = /** @type {any} */ (navigator)
  const isPhone = userAgentData?.mobile ?? matchMedia("(pointer: coarse) and (hover: none)").matches
  return { isHidden: document.hidden, isSaving: isPhone || connection?.saveData === true }
}

/**
 * Return the shortest time in which one of the page's own requests was answered; 0 if unknown. The
 * first request also waits for a connection to open, and others may have been queued.
 */
export function roundTrip_ms() {
  const entries = ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type))
  const timings = /** @type {PerformanceResourceTiming[]} */ (entries)
  const asked = timings.filter(({ requestStart, transferSize }) => requestStart > 0 && transferSize > 0)
  return asked.length > 0 ? Math.min(...asked.map(({ requestStart, responseStart }) => responseStart - requestStart)) : 0
}
