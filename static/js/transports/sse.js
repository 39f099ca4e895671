// @ts-check
// Server-Sent Events: pushes arrive in an endless stream; commands go by POST.

import { streamUrl } from "./transport.js"

/** @import { AttachRequest, Transport } from "./transport.js" */

// An EventSource delivers only the types it listens for; clients ignore unknown types anyway.
const TYPES = [
  "hello", "message", "edited", "deleted", "reaction", "joined", "left", "room_changed", "presence", "typing",
  "read", "rooms", "notification", "resync", "heartbeat", "goodbye",
] // prettier-ignore

/** @param {AttachRequest} attach @returns {Transport} */
export function openEventStream(attach) {
  const source = new EventSource(streamUrl(attach, { heartbeat_s: attach.heartbeat_s }))
  queueMicrotask(attach.onOpen) // commands do not need an open stream
  for (const type of TYPES) {
    source.addEventListener(type, ({ data }) => attach.onPush(JSON.parse(data)))
  }
  // An EventSource would reconnect by itself, without jitter and at the cursor in its address, which
  // is old by then. So close it: the engine reconnects.
  source.onerror = () => {
    source.close()
    attach.onEnd({ reason: "the event stream ended" })
  }
  return {
    send: null,
    close() {
      source.onerror = null
      source.close()
    },
  }
}
