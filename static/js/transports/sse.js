// @ts-check
// Server-Sent Events: pushes down a stream without end; commands go by POST.

import { attachUrl } from "./transport.js"

/** @import { Transport, Wish } from "./transport.js" */

// An EventSource hears only the types it listens for; unknown ones are to be ignored anyway.
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
  queueMicrotask(wish.onOpen) // commands have a way of their own
  for (const type of TYPES) {
    source.addEventListener(type, ({ data }) => wish.onPush(JSON.parse(data)))
  }
  // It would come back by itself, at the cursor of its address, which is old by then, and
  // without jitter. Coming back is the engine's.
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
