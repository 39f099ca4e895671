import assert from "node:assert/strict"
import test from "node:test"

import { barOf, connectionOf, deliveryStatusOf, FIRST_GRACE_MS, GRACE_MS, SOON_MS } from "../../static/js/delivery_words.js"

const entry = (more = {}) => ({ key: "k", kind: "send", room: "general", text: "hi", state: "waiting", written_ms: 0, ...more })
const whole = { connection: "connected", isStoreAway: false }
const away = { connection: "away", isStoreAway: false }
const bar = (server, status, entries = [], more = {}) => barOf(server, status, { entries, isKept: true, room: "general", ...more }, 10_000)
const waiting = { state: "waiting", wait_ms: 9000, retryAt_ms: 15_000 }

test("a loss is told after a moment, offline at once, and only where the browser says so", () => {
  assert.equal(connectionOf({ state: "waiting" }, GRACE_MS - 1), "connecting")
  assert.equal(connectionOf({ state: "waiting" }, GRACE_MS), "away")
  assert.equal(connectionOf({ state: "connecting" }, GRACE_MS), "away")
  assert.equal(connectionOf({ state: "connecting" }, FIRST_GRACE_MS - 1, true), "connecting") // it is only slow
  assert.equal(connectionOf({ state: "connecting" }, FIRST_GRACE_MS, true), "away")
  assert.equal(connectionOf({ state: "waiting" }, GRACE_MS, true), "away") // it has failed
  assert.equal(connectionOf({ state: "connecting" }, -7_200_000), "away") // the clock was put back
  assert.equal(connectionOf({ state: "waiting", isOffline: true }, 0), "offline")
  assert.equal(connectionOf({ state: "connected" }, 9e9), "connected")
})

test("what waits says for what", () => {
  assert.equal(deliveryStatusOf(entry(), away, 0).text, "waiting for the connection")
  assert.equal(deliveryStatusOf(entry(), { ...away, connection: "connecting" }, 0).text, "waiting for the connection")
  assert.equal(deliveryStatusOf(entry(), { ...whole, isStoreAway: true }, 0).text, "waiting for the server")
  assert.equal(deliveryStatusOf(entry({ kind: "edit" }), away, 0).text, "edit waiting for the connection")
  assert.equal(deliveryStatusOf(entry({ kind: "delete" }), away, 0).text, "deletion waiting for the connection")
})

test("what is delivered soon is not talked about", () => {
  assert.equal(deliveryStatusOf(entry(), whole, SOON_MS - 1).text, "")
  assert.equal(deliveryStatusOf(entry(), whole, SOON_MS).text, "sending…")
  assert.equal(deliveryStatusOf(entry({ state: "sent" }), whole, SOON_MS).text, "")
})

test("what was refused or is in doubt says why, and asks for a decision", () => {
  const refused = deliveryStatusOf(entry({ state: "refused", reason: "You are muted." }), whole, 0)
  assert.deepEqual(refused, { text: "Not sent. You are muted.", isError: true, actions: ["retry", "edit", "discard"] })
  assert.deepEqual(deliveryStatusOf(entry({ state: "doubtful", reason: "Why." }), away, 0).actions, ["retry", "discard"])
  assert.equal(deliveryStatusOf(entry({ kind: "edit", state: "refused", reason: "No." }), whole, 0).text, "The edit was not saved. No.")
})

test("all being well, nothing is said", () => {
  assert.equal(bar(whole, { state: "connected" }), null)
  assert.equal(bar(whole, { state: "connected" }, [entry({ written_ms: 9999 })]), null)
  assert.equal(bar({ ...away, connection: "connecting" }, { state: "connecting" }), null)
})

test("a server that is away is not called offline, and a device without a network is", () => {
  assert.equal(bar(away, waiting).text, "The server can't be reached. Trying again in 5\u00a0s.")
  assert.equal(bar(away, waiting).detail, "What you write is kept, and sent when it is back.")
  assert.equal(bar(away, { ...waiting, retryAt_ms: 9000 }).text, "The server can't be reached. Trying again…")
  assert.equal(bar(away, { ...waiting, wait_ms: 900 }).text, "The server can't be reached. Trying again…")
  assert.equal(bar(away, { state: "connecting" }).text, "The server can't be reached. Trying now…")
  assert.match(bar(away, { ...waiting, refusal: "cookie_missing" }).text, /^This browser’s cookies don’t arrive/)
  assert.deepEqual([bar(away, waiting).canTry, bar(away, { state: "connecting" }).canTry], [true, false])
  const offline = bar({ ...away, connection: "offline" }, { state: "waiting", isOffline: true })
  assert.equal(offline.text, "You are offline: this device has no network.")
  assert.equal(offline.detail, "What you write is kept, and sent when you are back.")
})

test("what waits is counted", () => {
  const detail = (entries, more) => bar(away, { state: "connecting" }, entries, more).detail
  assert.equal(detail([entry()]), "1 message is kept, and sent when it is back.")
  assert.equal(detail([entry(), entry(), entry({ kind: "edit" })]), "2 messages and 1 change are kept, and sent in order when it is back.")
  assert.equal(detail([entry()], { isKept: false }), "1 message is kept, and sent when it is back. Keep this page open: this browser stores nothing.")
})

test("a store that is away is said where there is a connection", () => {
  const { text, detail, canTry } = bar({ ...whole, isStoreAway: true }, { state: "connected" }, [entry()])
  assert.equal(text, "The server can't save messages right now.")
  assert.equal(detail, "1 message is kept, and sent when it can.")
  assert.equal(canTry, false)
})

test("what is late is being sent; what was refused can be retried all at once, wherever it is", () => {
  assert.equal(bar(whole, { state: "connected" }, [entry(), entry()]).text, "Sending 2 messages…")
  const refused = [entry({ state: "refused" }), entry({ state: "refused", room: "dev" })]
  assert.deepEqual(bar(whole, { state: "connected" }, refused), {
    text: "2 messages in #general, #dev were not sent.", detail: "", tone: "error", canTry: false, canRetry: true,
  }) // prettier-ignore
  const doubtful = bar(whole, { state: "connected" }, [entry({ state: "doubtful" })])
  assert.deepEqual([doubtful.text, doubtful.canRetry], ["1 message may have been sent: decide there.", false])
})

test("a goodbye for good says why, with one full stop", () => {
  const closed = (reason) => bar({ ...away, connection: "closed" }, { state: "closed", reason }).text
  assert.equal(closed("banned"), "Disconnected: banned.")
  assert.equal(closed("You are banned until 12:00 UTC: spam."), "Disconnected: You are banned until 12:00 UTC: spam.")
})

test("who has signed out, or is somebody else, is offered no way back but the one that says so", () => {
  const closed = (code) => bar({ ...away, connection: "closed" }, { state: "closed", code, reason: "signed out" })
  assert.deepEqual([closed(4900), closed(4901), closed(4502).canTry], [null, null, false])
  assert.equal(closed(4503).canTry, true)
})

test("in slow mode a message says when it goes", () => {
  const slow = { ...whole, closedUntil_ms: (room) => (room === "general" ? 60_000 : 0) }
  const { text, isError, actions } = deliveryStatusOf(entry(), slow, 10_000)
  assert.match(text, /^slow mode: goes at \d/)
  assert.deepEqual([isError, actions], [false, ["edit", "discard"]])
  assert.equal(deliveryStatusOf(entry({ room: "dev" }), slow, 10_000).text, "sending…")
})
