import assert from "node:assert/strict"
import test from "node:test"

import { attemptWords, nowWords, spanWords } from "../../static/js/history_words.js"

const entry = (more) => ({
  id: 1, transport: "websocket", role: "race", why: "", startedAt_ms: 0, proven_ms: null, ended_ms: null, outcome: "",
  detail: "", ...more,
}) // prettier-ignore

test("spans are as long as people care", () => {
  assert.deepEqual([61.4, 1999, 59_940, 180_000, 5_400_000].map(spanWords), ["61 ms", "2.0 s", "59.9 s", "3 min", "1.5 h"])
})

for (const [more, title, text, isGood] of [
  [{}, "WebSocket", "Under way…", false],
  [{ proven_ms: 160 }, "WebSocket", "It worked after 160 ms.", true],
  [{ proven_ms: 160, ended_ms: 5160, outcome: "closed" }, "WebSocket", "It worked after 160 ms, and was let go 5.0 s later.", true],
  [{ ended_ms: 210, outcome: "closed", transport: "sse" }, "Server-Sent Events", "Let go after 210 ms: another was there first.", false],
  [{ ended_ms: 60, outcome: "refused", detail: "closed with 1006" }, "WebSocket", "It was refused after 60 ms (closed with 1006).", false],
  [{ ended_ms: 2000, outcome: "silent", role: "upgrade" }, "WebSocket, in the background", "Nothing came through it within 2.0 s.", false],
  [{ ended_ms: 2000, outcome: "unanswered", transport: "longpoll" }, "long polling", "It brought messages, but what was sent up had no answer within 2.0 s.", false],
  [{ proven_ms: 100, ended_ms: 300, outcome: "died" }, "WebSocket", "It worked after 100 ms, and was cut 200 ms later.", false],
  [{ proven_ms: 100, ended_ms: 180_100, outcome: "lost" }, "WebSocket", "It fell silent; it had worked for 3 min.", false],
  [{ transport: "negotiate", proven_ms: 52, ended_ms: 52, outcome: "closed" }, "Asking the server", "Answered in 52 ms.", true],
  [{ transport: "negotiate", ended_ms: 9, outcome: "unanswered", detail: "Failed to fetch" }, "Asking the server", "No answer: Failed to fetch.", false],
]) {
  test(`an attempt is told: ${text}`, () => {
    assert.deepEqual(attemptWords(entry(more)), { title, text, isGood })
  })
}

test("what carries now is told, and that better is looked for", () => {
  const history = [entry({ transport: "sse", startedAt_ms: 1000, proven_ms: 500 })]
  assert.equal(
    nowWords({ state: "connected", transport: "sse" }, history, 121_500),
    "Messages come over Server-Sent Events for 2 min. What would be better is tried again in the background.",
  )
  assert.match(nowWords({ state: "connected", transport: "websocket" }, [], 0), /^Messages come over WebSocket\.$/)
  assert.match(nowWords({ state: "connected", transport: "longpoll", isLowPower: true }, [], 0), /save power/)
  assert.match(nowWords({ state: "waiting", reason: "Failed to fetch" }, [], 0), /^Not connected: Failed to fetch\. /)
  assert.match(nowWords({ state: "waiting", isOffline: true }, [], 0), /no network/)
})
