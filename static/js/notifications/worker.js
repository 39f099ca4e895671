// @ts-check
// The page's half of the service worker: registers it, or removes it, and asks it to do things.

const OFF = "service-worker" // "?service-worker=off" in the address removes it

/** @typedef {{ key: string, room: string, offset: number, title: string, body: string }} Notice */

/** Return the registration; null where there can be none, as in private windows. @param {string} url @returns {Promise<ServiceWorkerRegistration | null>} */
export async function registerWorker(url) {
  const container = navigator.serviceWorker
  if (!container) return null
  const asked = new URLSearchParams(location.search).get(OFF)
  try {
    if (asked === "off") return await remove(container)
    await container.register(url, { updateViaCache: "none" })
    const registration = await container.ready
    const [page] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"))
    // It has not passed through the service worker, which was not there yet.
    if (!page?.workerStart) registration.active?.postMessage({ type: "keep", page: location.href, files: loadedFiles() })
    return registration
  } catch {
    return null
  }
}

/** @param {ServiceWorkerContainer} container */
async function remove(container) {
  for (const registration of await container.getRegistrations()) await registration.unregister()
  for (const name of await caches.keys()) await caches.delete(name)
  return null
}

/** Return the addresses of what this page has loaded. */
function loadedFiles() {
  return performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => name.startsWith(location.origin))
}

/** Show a notification if this page can't be seen. @param {ServiceWorkerRegistration | null} registration @param {Notice} notice @param {(room: string) => void} go */
export async function notify(registration, notice, go) {
  if (!document.hidden || Notification.permission !== "granted") return
  if (registration?.active) return registration.active.postMessage({ type: "notify", ...notice })
  const { key, room, title, body } = notice
  const notification = new Notification(title, { body, tag: key })
  notification.onclick = () => {
    focus()
    go(room)
    notification.close()
  }
}
