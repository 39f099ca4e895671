// @ts-check
// Where this browser is notified while no page is open: a subscription at its push service, for one user.

import { call } from "../api.js"
import { loadPush, savePush } from "../storage.js"

const OFF = "off"

/** Return whether this browser is to be notified, as far as its user and it allow. @param {string} user */
export function isWanted(user) {
  return "Notification" in globalThis && Notification.permission === "granted" && loadPush(user) !== OFF
}

/** Renew the subscription, if there is to be one. @param {ServiceWorkerRegistration | null} registration @param {string} user @param {string} key the server's */
export async function renewSubscription(registration, user, key) {
  if (registration && key && isWanted(user)) await subscribe(registration, user, key)
}

/**
 * Subscribe, or tell the server again. Resolves where there is no push service: pages still notify.
 * @param {ServiceWorkerRegistration} registration @param {string} user @param {string} key
 */
export async function subscribe(registration, user, key) {
  const known = loadPush(user)
  if (known === OFF) savePush(user, "")
  if (!key || !registration.pushManager) return
  const old = await registration.pushManager.getSubscription()
  // One of another server, or of somebody who was signed in here before, is of no use.
  if (old && (known !== old.endpoint || keyOf(old) !== key)) await old.unsubscribe()
  try {
    const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
    await call("me/push", { method: "PUT", json: subscription })
    savePush(user, subscription.endpoint)
  } catch (error) {
    if (!(error instanceof DOMException)) throw error
  }
}

/** Be notified here no more. @param {ServiceWorkerRegistration | null} registration @param {string} user */
export async function unsubscribe(registration, user) {
  savePush(user, OFF)
  await (await registration?.pushManager?.getSubscription())?.unsubscribe()
  await call("me/push", { method: "DELETE" })
}

/** @param {PushSubscription} subscription */
function keyOf({ options }) {
  const bytes = new Uint8Array(options.applicationServerKey ?? new ArrayBuffer(0))
  return btoa(String.fromCharCode(...bytes)).replace(/[+/]/g, (c) => (c === "+" ? "-" : "_")).replace(/=+$/, "")
}
