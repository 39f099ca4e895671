// @ts-check
// The service worker: shows notifications, once for all tabs, and keeps the last conversation, so that
// it is there when the page is opened without a network. One file and no module, for all browsers.
//
// It answers requests for pages and for their code only. Streams, polls, sends and all of the API never
// pass through it. What it may get wrong heals: pages come from the network first, code has an address
// of its own in each version, and this file is fetched anew with each page.

const worker = /** @type {any} */ (self)
const BASE = new URL(worker.registration.scope).pathname.replace(/\/$/, "")
const PAGE = `parley${BASE} page` // a cache: the last page, of whoever is signed in
const CODE = `parley${BASE} code` // a cache: what pages of this version have loaded
const SHOWN = `parley${BASE} shown` // a cache: the keys of the last notifications
const KEPT = `${BASE}/kept`
const SHOWN_LIMIT = 200
// Of a request that must not make a new guest where there is no cookie (docs/protocol.md).
const OWN = "as=me"
const CHAT_PAGE = /^\/(?:rooms\/[^/]+)?$/
const CODE_FILE = /^\/static\/v[0-9a-f]+\//

worker.addEventListener("install", () => worker.skipWaiting())
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()))

// What is kept

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== "GET" || url.origin !== location.origin || !url.pathname.startsWith(`${BASE}/`)) return
  const path = url.pathname.slice(BASE.length)
  if (request.mode !== "navigate") {
    if (CODE_FILE.test(path)) event.respondWith(codeFor(event))
  } else if ((path === "/" || path.startsWith("/rooms/")) && !url.searchParams.has("service-worker")) event.respondWith(pageFor(event, url))
})

/** Answer with the page as it is now, or without a network with the one that was kept. @param {any} event @param {URL} url */
async function pageFor(event, url) {
  let response
  try {
    // Without navigation preload: where that fails, Firefox shows its error and not what we answer.
    response = await fetch(event.request)
  } catch (error) {
    const kept = await keptPage(url)
    if (!kept) throw error
    return kept
  }
  event.waitUntil(notePage(url, response.clone()))
  return response
}

/** Keep a page of the chat; forget the one that was kept if its user may not come in any more. @param {URL} url @param {Response} response */
async function notePage(url, response) {
  if (response.status === 401 || response.status === 403) return caches.delete(PAGE)
  if (!response.ok || response.redirected || !CHAT_PAGE.test(url.pathname.slice(BASE.length))) return
  const headers = new Headers(response.headers)
  headers.set("X-Kept-Path", url.pathname)
  const text = await response.text()
  headers.delete("Content-Encoding")
  headers.delete("Content-Length")
  await (await caches.open(PAGE)).put(KEPT, new Response(text, { headers }))
  const folder = /\/static\/v[0-9a-f]+\//.exec(text)?.[0]
  const code = await caches.open(CODE)
  for (const old of await code.keys()) if (folder && !old.url.includes(folder)) await code.delete(old)
}

/** Return the page that was kept, or a redirection to where it was. @param {URL} url */
async function keptPage(url) {
  const kept = await (await caches.open(PAGE)).match(KEPT)
  const path = kept?.headers.get("X-Kept-Path")
  if (!kept || !path) return undefined
  return path === url.pathname ? kept : Response.redirect(path)
}

/** @param {any} event */
async function codeFor(event) {
  const { request } = event
  const code = await caches.open(CODE).catch(() => null) // where the disk is full, say
  const kept = await code?.match(request.url, { ignoreVary: true })
  if (kept) return kept
  const response = await fetch(request)
  // In a deploy, files of another version may come in their place: those are not to be kept.
  if (code && response.status === 200 && response.headers.get("Cache-Control")?.includes("immutable")) {
    event.waitUntil(code.put(request.url, response.clone()).catch(() => {}))
  }
  return response
}

/** Keep a page that was loaded before this worker was there, and its code. @param {{ page: string, files: string[] }} loaded */
async function keep({ page, files }) {
  const code = await caches.open(CODE)
  for (const file of files) {
    const path = new URL(file).pathname.slice(BASE.length)
    if (CODE_FILE.test(path) && !(await code.match(file, { ignoreVary: true }))) await code.add(file)
  }
  await notePage(new URL(page), await fetch(`${page.split(/[?#]/)[0]}?${OWN}`))
}

/** Forget everything of the user who has signed out, and receive nothing for them any more. */
async function forget() {
  const subscription = await worker.registration.pushManager?.getSubscription()
  const shown = await worker.registration.getNotifications()
  for (const notification of shown) notification.close()
  await Promise.all([caches.delete(PAGE), caches.delete(SHOWN), subscription?.unsubscribe()])
}

// Notifications

/** @typedef {{ key: string, room: string, offset: number, title: string, body: string }} Notice */

/** @type {Promise<unknown>} */ let turn = Promise.resolve()

/**
 * Do what shows, lists or closes notifications, one after the other: the page and a push tell of the
 * same message, and Chromium loses a notification that is shown while they are listed (it stays on the
 * screen, a click on it does nothing, and no list has it any more).
 * @param {() => Promise<unknown>} work
 */
function inTurn(work) {
  const done = turn.then(work)
  turn = done.catch(() => {})
  return done
}

/** Show a notification, unless it was shown or somebody looks at a window of ours. @param {Notice} notice */
async function show({ key, room, offset, title, body }) {
  if ((await windows()).some((/** @type {any} */ { visibilityState }) => visibilityState === "visible")) return
  const cache = await caches.open(SHOWN)
  const keys = (await (await cache.match(KEPT))?.json()) ?? []
  // Browsers want to see a notification for each push: it is shown again in its own place, without
  // a sound, unless it was closed.
  const wasShown = keys.includes(key)
  if (wasShown && (await worker.registration.getNotifications({ tag: key })).length === 0) return
  const icon = `${BASE}/static/images/icon-192.png`
  await worker.registration.showNotification(title, { body, tag: key, icon, data: { room, offset }, silent: wasShown || null })
  if (!wasShown) await cache.put(KEPT, new Response(JSON.stringify([...keys, key].slice(-SHOWN_LIMIT))))
}

/** Take away the notifications of what has been read. @param {Record<string, number>} read up to which offset, by room */
async function closeRead(read) {
  for (const notification of await worker.registration.getNotifications()) {
    const { room, offset } = notification.data
    if (offset <= (read[room] ?? 0)) notification.close()
  }
}

worker.addEventListener("push", (/** @type {any} */ event) => event.waitUntil(pushed(event.data?.json() ?? {})))

/** @param {any} notice as docs/protocol.md has it */
async function pushed({ key, name, title, room, offset, text, unread }) {
  if (!key) return
  await Promise.all([
    inTurn(() => show({ key, room, offset, title: title ? `${name} · ${title}` : name, body: text })),
    worker.navigator.setAppBadge?.(unread).catch(() => {}), // not every app may have one
  ])
}

worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close()
  event.waitUntil(go(event.notification.data))
})

/** Show the window that has the room, or any of ours there; without one, open it. @param {{ room: string, offset: number }} place */
async function go({ room, offset }) {
  const path = `${BASE}/rooms/${room}`
  const open = await windows()
  const pathOf = (/** @type {any} */ { url }) => new URL(url).pathname
  const one = open.find((/** @type {any} */ each) => pathOf(each) === path) ?? open[0]
  if (!one) return worker.clients.openWindow(path)
  one.postMessage({ type: "show", room, offset })
  await one.focus()
}

/** Return the windows with a page of the chat, the one that was used last first. */
async function windows() {
  const all = await worker.clients.matchAll({ type: "window", includeUncontrolled: true })
  return all.filter((/** @type {any} */ { url }) => /^\/(rooms\/.*)?$/.test(new URL(url).pathname.slice(BASE.length)))
}

// Some browsers renew subscriptions by themselves, also while no page is open.
worker.addEventListener("pushsubscriptionchange", (/** @type {any} */ event) => event.waitUntil(renew()))

async function renew() {
  const { key } = await (await fetch(`${BASE}/api/me/push?${OWN}`)).json()
  if (!key) return
  const subscription = await worker.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
  const headers = { "Content-Type": "application/json" }
  await fetch(`${BASE}/api/me/push?${OWN}`, { method: "PUT", headers, body: JSON.stringify(subscription) })
}

// What pages ask for

worker.addEventListener("message", (/** @type {any} */ event) => {
  const { type, ...rest } = event.data
  if (type === "notify") event.waitUntil(inTurn(() => show(rest)))
  else if (type === "read") event.waitUntil(inTurn(() => closeRead(rest.read)))
  else if (type === "keep") event.waitUntil(keep(rest).catch(() => {})) // with the next page
  else if (type === "forget") event.waitUntil(inTurn(forget))
})
