import assert from "node:assert/strict"
import test from "node:test"

import { diagnose } from "../../../static/js/doctor/diagnosis.js"

const works = (transport) => ({
  transport, outcome: "", isOpen: true, hello_ms: 55, proven_ms: 110, ended_ms: 12_000, why: "it is good",
}) // prettier-ignore
const fails = (transport, outcome, more) => ({
  ...works(transport), outcome, isOpen: false, hello_ms: null, proven_ms: null, ended_ms: 4000, ...more,
}) // prettier-ignore
const found = (changes, more) => ({
  server: "https://chat.example", browser: "Some browser", time: "2026-11-23T00:00:00.000Z", plain_ms: 60, post_ms: 62,
  instance: "c09e4b7d", isStoreAway: false, limit: "", transports: ["websocket", "sse", "longpoll"].map((name) => changes[name] ?? works(name)), ...more,
}) // prettier-ignore
const died = { isOpen: true, hello_ms: 50, proven_ms: 100, ended_ms: 300 }


const WELL = "All is well."
const SECOND = "The chat works here, by its second way."
const THIRD = "The chat works here, by its third way."
const NOT_ALL = "The chat works here, but not everything gets through well."
const NOT = "The chat does not work on this network right now."

const CASES = {
  "all is well": [found({}), WELL, []],
  "WebSockets refused": [
    found({ websocket: fails("websocket", "refused") }),
    SECOND, ["Your network refuses WebSockets."],
  ],
  "WebSockets swallowed": [
    found({ websocket: fails("websocket", "silent") }),
    SECOND, ["Your network never answers those who ask for a WebSocket."],
  ],
  "WebSockets mute and streams held": [
    found({ websocket: fails("websocket", "silent", { isOpen: true }), sse: fails("sse", "silent") }),
    THIRD,
    ["Your network lets WebSockets open, and nothing through them.", "A proxy holds back event streams."],
  ],
  "WebSockets die": [
    found({ websocket: fails("websocket", "died", died) }),
    SECOND, ["WebSockets work here, and are cut after 200 ms."],
  ],
  "everything is cut": [
    found({
      websocket: fails("websocket", "died", { ...died, ended_ms: 10_100 }),
      sse: fails("sse", "died", { ...died, ended_ms: 10_100 }),
    }),
    THIRD,
    ["WebSockets work here, and are cut after 10.0 s.", "Event streams are cut after 10.0 s."],
  ],
  "POSTs slow": [
    found({}, { post_ms: 2060 }),
    NOT_ALL, ["What is sent by POST takes 2.0 s longer than other requests."],
  ],
  "POSTs swallowed": [
    found({ sse: fails("sse", "unanswered"), longpoll: fails("longpoll", "unanswered") }, { post_ms: null }),
    NOT_ALL,
    [
      "Event streams work, but what is sent beside them gets no answer.",
      "Polling works, but what is sent beside it gets no answer.", "What is sent by POST gets no answer.",
    ],
  ],
  "HTTP/1.0": [
    found({ websocket: fails("websocket", "refused", { why: "the request came over HTTP/1.0, which has no upgrade" }) }),
    SECOND,
    ["Your network refuses WebSockets.", "A proxy on the way speaks HTTP/1.0, which has no WebSockets."],
  ],
  "switched off": [
    found({ websocket: fails("websocket", "closed", { why: "" }) }),
    WELL, ["WebSocket is switched off on this server."],
  ],
  "the store away": [
    found({ websocket: fails("websocket", "goodbye"), sse: fails("sse", "goodbye"), longpoll: fails("longpoll", "silent") }, { isStoreAway: true }),
    "The server has a problem; your network is not the cause.", ["The server can’t reach its store of messages."],
  ],
  "nothing works": [
    found({ websocket: fails("websocket", "refused"), sse: fails("sse", "silent"), longpoll: fails("longpoll", "silent") }),
    NOT, ["Your network refuses WebSockets.", "A proxy holds back event streams.", "Even long polling gets no answer."],
  ],
  "a limit of the server's own": [
    found({ websocket: fails("websocket", "refused"), sse: fails("sse", "refused"), longpoll: fails("longpoll", "goodbye") }, { limit: "Too many." }),
    "The server limits how much comes from here; your network is not the cause.",
    ["The server limits how much is asked of it from here, and has reached that limit: “Too many.”"],
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

test("where nothing is answered, nothing is said of transports, and there is something to do", () => {
  const { headline, sentences, steps } = diagnose(found({}, { plain_ms: null, post_ms: null }))
  assert.equal(headline, "Nothing gets through.")
  assert.deepEqual(sentences, [])
  assert.ok(steps.length > 0)
})

test("who is told what is wrong is told what to do, and whom to send the report to", () => {
  const broken = found({ websocket: fails("websocket", "refused"), sse: fails("sse", "silent"), longpoll: fails("longpoll", "silent") })
  const { meaning, steps } = diagnose(broken)
  assert.equal(meaning, "Pages load, but no messages get through.")
  assert.match(steps.join(" "), /send it to the owner of this site/)
  assert.deepEqual(diagnose(found({})).steps, [])
})
