// @ts-check
// The engine in a SharedWorker: one for all tabs of a browser.

import { Host } from "./host.js"
import { watchTab } from "./life.js"

/** @type {Host | null} */
let host = null

addEventListener("connect", (event) => {
  const [port] = /** @type {MessageEvent} */ (event).ports
  port.onmessage = ({ data }) => {
    if (data.enter) {
      host ??= new Host(data.enter)
      host.enter(port, data.enter.mood)
      watchTab(data.enter.tab, () => host?.leave(port))
    } else if (data.please === "leave") host?.leave(port)
    else host?.take(port, data)
  }
})
