// @ts-check
// What the page does with the service worker at its start and its end. The rest is loaded later.

/** @import { Parley } from "./parley.js" */

/** Have the service worker, if there is one, forget the user who has signed out. */
export async function forgetHere() {
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined)
  registration?.active?.postMessage({ type: "forget" })
}

/** Run `work` once the page is loaded and connected. Nothing depends on it. @param {Parley} parley @param {() => Promise<void>} work */
export function whenIdle(parley, work) {
  const begin = () => void work().catch(() => {}) // without a network, say: with the next page
  const loaded = () => {
    if (parley.state === "connected") return begin()
    const off = parley.on("status", ({ state }) => {
      if (state !== "connected") return
      off()
      begin()
    })
  }
  if (document.readyState === "complete") loaded()
  else addEventListener("load", loaded, { once: true })
}
