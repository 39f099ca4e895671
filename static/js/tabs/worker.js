// @ts-check
// Runs the engine in a SharedWorker: one for all tabs of a browser. In a page this does nothing.

import { Host } from "./host.js"
// The imports of those modules, so that the browser requests all of them at once, not level by level.
import "../engine/attempt.js"
import "../engine/attempts.js"
import "../engine/base.js"
import "../engine/cursor.js"
import "../engine/engine.js"
import "../engine/history.js"
import "../engine/http.js"
import "../engine/keep_alive.js"
import "../engine/memory.js"
import "../engine/negotiator.js"
import "../engine/pending_replies.js"
import "../engine/policy.js"
import "../engine/positions.js"
import "../engine/quarantine.js"
import "../engine/race.js"
import "../engine/sleep.js"
import "../engine/upgrade.js"
import "../engine/user.js"
import "./liveness.js"
import "../transports/transport.js"
import "../transports/longpoll.js"
import "../transports/sse.js"
import "../transports/websocket.js"

/** Whether this runs as the worker; the chat page has it in one file with its own part. */
export const isWorker = "SharedWorkerGlobalScope" in globalThis

/** @type {Host | null} */ let host = null

/**
 * End the worker with its last tab. A browser may keep a worker, but suspend it together with the page
 * that created it; such a worker would accept new tabs and never wake (seen in Chromium 156).
 */
function end() {
  host = null
  close()
}

/** @param {Event} event a tab has come */
function onConnect(event) {
  const [port] = /** @type {MessageEvent} */ (event).ports
  port.onmessage = ({ data }) => {
    if (data.enter) host ??= new Host(data.enter, end)
    host?.handle(port, data)
  }
}

if (isWorker) addEventListener("connect", onConnect)
