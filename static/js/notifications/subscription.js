// @ts-check
// Where this browser is notified while no page is open: a subscription at its push service, for one user.

import { call } from "../api.js"
import { isPushOff, savePushOff } from "../storage.js"

/** @typedef {{ key: string, endpoint: string }} Known what the server says: its key, and where it notifies this device, "" for nowhere */

/** Return whether this browser is to be notified, as far as its user and it allow. @param {string} user */
export function isWanted(user) {
  return "Notification" in globalThis && Notification.permission === "granted" && !isPushOff(user)
}

/** Renew the subscription, if there is to be one. @param {ServiceWorkerRegistration | null} registration @param {string} user @param {Known} known */
export async function renewSubscription(registration, user, known) {
  if (registration && known.key && isWanted(user)) await subscribe(registration, user, known)
}

/**
 * Subscribe, or tell the server again. Resolves where there is no push service: pages still notify.
 * @param {ServiceWorkerRegistration} registration @param {string} user @param {Known} known
 */
export async function subscribe(registration, user, { key, endpoint }) {
  if (isPushOff(user)) savePushOff(user, false)
  if (!key || !registration.pushManager) return
  const old = await registration.pushManager.getSubscription()
  // Of no use is one of another server, one of somebody who was signed in here before, and one that
  // the server has given up, for its push service no longer knows it.
  if (old && (endpoint !== old.endpoint || keyOf(old) !== key)) await old.unsubscribe()
  try {
    const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
    await call("me/push", { method: "PUT", json: subscription })
  } catch (error) {
    if (!(error instanceof DOMException)) throw error
  }
}

/** Be notified here no more. @param {ServiceWorkerRegistration | null} registration @param {string} user */
export async function unsubscribe(registration, user) {
  savePushOff(user, true)
  await (await registration?.pushManager?.getSubscription())?.unsubscribe()
  await call("me/push", { method: "DELETE" })
}

/** @param {PushSubscription} subscription */
function keyOf({ options }) {
  const bytes = new Uint8Array(options.applicationServerKey ?? new ArrayBuffer(0))
  return btoa(String.fromCharCode(...bytes)).replace(/[+/]/g, (c) => (c === "+" ? "-" : "_")).replace(/=+$/, "")
}
