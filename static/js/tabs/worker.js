// @ts-check
// Runs the engine in a SharedWorker: one for all tabs of a browser.

import { Host } from "./host.js"
import { watchTab } from "./liveness.js"
// The imports of those modules, so that the browser requests all of them at once, not level by level.
import "../engine/attempt.js"
import "../engine/base.js"
import "../engine/cursor.js"
import "../engine/engine.js"
import "../engine/http.js"
import "../engine/memory.js"
import "../engine/offers.js"
import "../engine/policy.js"
import "../engine/positions.js"
import "../engine/sleep.js"
import "../engine/history.js"
import "../transports/transport.js"
import "../transports/longpoll.js"
import "../transports/sse.js"
import "../transports/websocket.js"

/** @type {Host | null} */
let host = null

/**
 * Remove a tab, and end the worker with the last one. A browser may keep a worker, but suspend it
 * together with the page that created it; such a worker would accept new tabs and never wake (seen in
 * Chromium 156).
 * @param {MessagePort} port
 */
function leave(port) {
  if (!host?.leave(port)) return
  host = null
  close()
}

addEventListener("connect", (event) => {
  const [port] = /** @type {MessageEvent} */ (event).ports
  port.onmessage = ({ data }) => {
    if (data.enter) {
      host ??= new Host(data.enter)
      host.enter(port, data.enter.mood)
    } else if (data.watch) watchTab(data.watch, () => leave(port))
    else if (data.please === "leave") leave(port)
    else host?.take(port, data)
  }
})
