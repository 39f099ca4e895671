// @ts-check
// Server-Sent Events: pushes arrive in an endless stream; commands go by POST.

import { attachUrl } from "./transport.js"

/** @import { Transport, Wish } from "./transport.js" */

// An EventSource delivers only the types it listens for; clients ignore unknown types anyway.
const TYPES = [
  "hello", "message", "edited", "deleted", "reaction", "joined", "left", "presence", "typing",
  "read", "notification", "resync", "heartbeat", "goodbye",
] // prettier-ignore

/**
 * @param {Wish} wish
 * @returns {Transport}
 */
export function openEventStream(wish) {
  const source = new EventSource(attachUrl(wish, { heartbeat_s: wish.heartbeat_s }))
  queueMicrotask(wish.onOpen) // commands do not need an open stream
  for (const type of TYPES) {
    source.addEventListener(type, ({ data }) => wish.onPush(JSON.parse(data)))
  }
  // An EventSource would reconnect by itself, without jitter and at the cursor in its address, which
  // is old by then. So close it: the engine reconnects.
  source.onerror = () => {
    source.close()
    wish.onEnd({ reason: "the event stream ended" })
  }
  return {
    send: null,
    close() {
      source.onerror = null
      source.close()
    },
  }
}
