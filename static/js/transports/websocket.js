// @ts-check
// WebSocket: pushes and replies arrive, and commands leave, as one JSON object per text frame.

import { attachUrl } from "./transport.js"

/** @import { Transport, Wish } from "./transport.js" */

/**
 * @param {Wish} wish
 * @returns {Transport}
 */
export function openWebSocket(wish) {
  const address = attachUrl(wish, { heartbeat_s: wish.heartbeat_s })
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:"
  const socket = new WebSocket(address)
  socket.onopen = wish.onOpen
  socket.onmessage = ({ data }) => wish.onPush(JSON.parse(data))
  socket.onclose = ({ code, reason }) => wish.onEnd({ code, reason: reason || `closed with ${code}` })
  return {
    send: (command) => socket.send(JSON.stringify(command)),
    close() {
      socket.onopen = socket.onmessage = socket.onclose = null
      socket.close()
    },
  }
}
