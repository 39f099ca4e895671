import assert from "node:assert/strict"
import test from "node:test"

import { diagnose, reportOf, rowOf } from "../../../static/js/doctor/diagnosis.js"

const works = (transport) => ({
  transport, outcome: "", isOpen: true, hello_ms: 55, proven_ms: 110, ended_ms: 12_000, why: "it is good",
}) // prettier-ignore
const fails = (transport, outcome, more) => ({
  ...works(transport), outcome, isOpen: false, hello_ms: null, proven_ms: null, ended_ms: 4000, ...more,
}) // prettier-ignore
const found = (changes, more) => ({
  server: "https://chat.example", browser: "Some browser", time: "2026-11-23T00:00:00.000Z", plain_ms: 60, post_ms: 62,
  isStoreAway: false, limit: "", transports: ["websocket", "sse", "longpoll"].map((name) => changes[name] ?? works(name)), ...more,
}) // prettier-ignore
const died = { isOpen: true, hello_ms: 50, proven_ms: 100, ended_ms: 300 }

const CASES = {
  "all is well": [found({}), "All is well. Messages come over WebSocket.", []],
  "WebSockets refused": [
    found({ websocket: fails("websocket", "refused") }),
    "Messages come over Server-Sent Events, at once.", ["Your network refuses WebSockets."],
  ],
  "WebSockets swallowed": [
    found({ websocket: fails("websocket", "silent") }),
    "Messages come over Server-Sent Events, at once.", ["Your network never answers those who ask for a WebSocket."],
  ],
  "WebSockets mute and streams held": [
    found({ websocket: fails("websocket", "silent", { isOpen: true }), sse: fails("sse", "silent") }),
    "Messages come over long polling, up to 60 ms later than they would otherwise.",
    ["Your network lets WebSockets open, and nothing through them.", "A proxy holds back event streams."],
  ],
  "WebSockets die": [
    found({ websocket: fails("websocket", "died", died) }),
    "Messages come over Server-Sent Events, at once.", ["WebSockets work here, and are cut after 200 ms."],
  ],
  "everything is cut": [
    found({
      websocket: fails("websocket", "died", { ...died, ended_ms: 10_100 }),
      sse: fails("sse", "died", { ...died, ended_ms: 10_100 }),
    }),
    "Messages come over long polling, up to 60 ms later than they would otherwise.",
    ["WebSockets work here, and are cut after 10.0 s.", "Event streams are cut after 10.0 s."],
  ],
  "POSTs slow": [
    found({}, { post_ms: 2060 }),
    "Messages come over WebSocket.", ["What is sent by POST takes 2.0 s longer than other requests."],
  ],
  "POSTs swallowed": [
    found({ sse: fails("sse", "unanswered"), longpoll: fails("longpoll", "unanswered") }, { post_ms: null }),
    "Messages come over WebSocket.",
    [
      "Event streams work, but what is sent beside them gets no answer.",
      "Polling works, but what is sent beside it gets no answer.", "What is sent by POST gets no answer.",
    ],
  ],
  "HTTP/1.0": [
    found({ websocket: fails("websocket", "refused", { why: "the request came over HTTP/1.0, which has no upgrade" }) }),
    "Messages come over Server-Sent Events, at once.",
    ["Your network refuses WebSockets.", "A proxy on the way speaks HTTP/1.0, which has no WebSockets."],
  ],
  "switched off": [
    found({ websocket: fails("websocket", "closed", { why: "" }) }),
    "Messages come over Server-Sent Events, at once.", ["WebSocket is switched off on this server."],
  ],
  "the store away": [
    found({ websocket: fails("websocket", "goodbye"), sse: fails("sse", "goodbye"), longpoll: fails("longpoll", "silent") }, { isStoreAway: true }),
    "Pages load from here, but no messages get through now.",
    ["The server is there, but can't reach its store of messages at the moment. Your network is not the cause."],
  ],
  "a limit of the server's own": [
    found({ websocket: fails("websocket", "refused"), sse: fails("sse", "refused"), longpoll: fails("longpoll", "goodbye") }, { limit: "Too many." }),
    "Pages load from here, but no messages get through now.",
    ["The server limits how much is asked of it from here, and has reached that limit: “Too many.” Your network is not the cause."],
  ],
} // prettier-ignore

for (const [name, [findings, headline, sentences]] of Object.entries(CASES)) {
  test(`it says what is so: ${name}`, () => {
    const diagnosis = diagnose(findings)
    assert.equal(diagnosis.headline, headline)
    assert.deepEqual(diagnosis.sentences, sentences)
    const isWell = name === "all is well" || name === "switched off"
    assert.equal(diagnosis.advice.length > 0, !isWell)
  })
}

test("where nothing is answered, nothing is said of transports", () => {
  const { headline, sentences } = diagnose(found({}, { plain_ms: null, post_ms: null }))
  assert.match(headline, /^Nothing gets through/)
  assert.equal(sentences.length, 1)
})

test("a row tells how long each step took", () => {
  assert.deepEqual(rowOf(works("sse")), {
    name: "Server-Sent Events", verdict: "works", hello: "55 ms", proven: "110 ms", stayed: "11.9 s, as long as watched",
  }) // prettier-ignore
  assert.equal(rowOf(fails("sse", "silent")).proven, "—")
})

test("the report holds what an administrator needs", () => {
  const findings = found({ sse: fails("sse", "silent") })
  const report = reportOf(findings, diagnose(findings))
  for (const part of ["https://chat.example", "Some browser", "A proxy holds back event streams.", "it is good", "X-Accel-Buffering"]) {
    assert.ok(report.includes(part), part)
  }
})
