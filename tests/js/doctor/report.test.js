import assert from "node:assert/strict"
import test from "node:test"

import { diagnose } from "../../../static/js/doctor/diagnosis.js"
import { reportOf, rowsOf } from "../../../static/js/doctor/report.js"

const works = { outcome: "", isOpen: true, hello_ms: 55, proven_ms: 110, ended_ms: 12_000, why: "it is good" }
const silent = { ...works, outcome: "silent", hello_ms: null, proven_ms: null, ended_ms: 4000 }
const findings = {
  server: "https://chat.example", instance: "c09e4b7d", browser: "Some browser", time: "2026-11-23T00:00:00.000Z",
  plain_ms: 60, post_ms: 62, isStoreAway: false, limit: "",
  transports: [{ ...works, transport: "websocket" }, { ...silent, transport: "sse" }, { ...works, transport: "longpoll", why: "" }],
} // prettier-ignore

test("a row tells how long each step took", () => {
  const [websocket, sse, longpoll] = rowsOf(findings)
  assert.deepEqual(websocket, {
    name: "WebSocket", result: "works", verdict: "works", hello: "55 ms", proven: "110 ms", why: "it is good", stayed: "11.9 s, as long as watched",
  }) // prettier-ignore
  assert.deepEqual([sse.result, sse.proven, longpoll.result], ["fails", "—", "off"])
})

test("where nothing could be tried there are no rows", () => {
  assert.deepEqual(rowsOf({ ...findings, plain_ms: null }), [])
})

test("the report holds what an administrator needs", () => {
  const report = reportOf(findings, diagnose(findings))
  const parts = ["https://chat.example", "Some browser", "2026-11-23", "c09e4b7d", "A proxy holds back event streams.", "it is good", "X-Accel-Buffering"]
  for (const part of parts) assert.ok(report.includes(part), part)
})

test("the report says so where no instance answered", () => {
  const report = reportOf({ ...findings, instance: "" }, diagnose(findings))
  assert.match(report, /Instance of the server: none answered/)
})
