// @ts-check
// WebSocket: pushes and replies arrive, and commands leave, as one JSON object per text frame.

import { streamUrl } from "./transport.js"

/** @import { AttachRequest, Transport } from "./transport.js" */

/** @param {AttachRequest} attach @returns {Transport} */
export function openWebSocket(attach) {
  const address = streamUrl(attach, { heartbeat_s: attach.heartbeat_s })
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:"
  const socket = new WebSocket(address)
  socket.onopen = attach.onOpen
  socket.onmessage = ({ data }) => attach.onPush(JSON.parse(data))
  socket.onclose = ({ code, reason }) => attach.onEnd({ code, reason: reason || `closed with ${code}` })
  return {
    send: (command) => socket.send(JSON.stringify(command)),
    close() {
      socket.onopen = socket.onmessage = socket.onclose = null
      socket.close()
    },
  }
}
