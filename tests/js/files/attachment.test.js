import assert from "node:assert/strict"
import test from "node:test"

import { NoAnswer, Refusal } from "../../../static/js/engine/http.js"
import { aboutWords, attachmentOf, failed, nameOf } from "../../../static/js/files/attachment.js"

const LIMIT = 1000
const fileOf = (size, name = "a.txt") => /** @type {any} */ ({ name, size })
const connected = { isConnected: true, random: 0 }
const refusal = (code, retry_ms) => new Refusal({ type: "error", code, retry_ms, message: `It is ${code}.` })

test("a file of exactly the limit is uploaded, a larger one is not", () => {
  assert.equal(attachmentOf(1, fileOf(LIMIT), LIMIT).state, "waiting")
  const large = attachmentOf(1, fileOf(LIMIT + 1), LIMIT)
  assert.deepEqual([large.state, large.isFinal, large.reason], ["failed", true, "This file is too large: 1 kB is the most."])
})

test("an empty file is not uploaded", () => {
  const empty = attachmentOf(1, fileOf(0), LIMIT)
  assert.deepEqual([empty.state, empty.reason], ["failed", "This file is empty."])
})

test("a name becomes one that the server takes", () => {
  assert.equal(nameOf("a\\b/c.txt"), "a_b_c.txt")
  assert.equal(nameOf("photo\u202egnp.exe\0"), "photognp.exe")
  for (const nothing of ["", " ", ".", "..", "\u200b"]) assert.equal(nameOf(nothing), "file")
  assert.equal(nameOf(`${"x".repeat(300)}.jpeg`), `${"x".repeat(195)}.jpeg`)
  assert.equal([...nameOf("🌊".repeat(201))].length, 200)
})

test("without an answer it waits for the connection, however often", () => {
  let attachment = attachmentOf(1, fileOf(9), LIMIT)
  for (let n = 0; n < 20; n++) ({ attachment } = failed(attachment, new NoAnswer("cut"), { isConnected: false, random: 0 }))
  assert.equal(attachment.state, "waiting")
})

test("with a connection it is tried a few times, each time later, and then people decide", () => {
  let attachment = attachmentOf(1, fileOf(9), LIMIT)
  const waits = []
  while (attachment.state === "waiting") {
    const next = failed(attachment, new NoAnswer("cut"), { isConnected: true, random: 1 })
    attachment = next.attachment
    waits.push(next.wait_ms)
  }
  assert.equal(waits.length, 4)
  assert.ok(waits[0] > 0 && waits[0] < waits[1] && waits[1] < waits[2])
  assert.deepEqual([attachment.reason, attachment.isFinal, attachment.failures], ["The server could not be reached. Try again.", false, 0])
})

test("too much at once is tried again when the server says so; another day, people decide", () => {
  const attachment = attachmentOf(1, fileOf(9), LIMIT)
  const soon = failed(attachment, refusal("rate_limited", 5000), connected)
  assert.deepEqual([soon.attachment.state, soon.wait_ms], ["waiting", 5000])
  const late = failed(attachment, refusal("rate_limited", 3_600_000), connected)
  assert.deepEqual([late.attachment.state, late.attachment.reason, late.attachment.isFinal], ["failed", "It is rate_limited.", false])
})

test("what was refused for good can't be tried again", () => {
  const { attachment } = failed(attachmentOf(1, fileOf(9), LIMIT), refusal("too_long"), connected)
  assert.deepEqual([attachment.state, attachment.reason, attachment.isFinal], ["failed", "It is too_long.", true])
})

test("a file that has gone is told from a network that is away", () => {
  const { attachment } = failed(attachmentOf(1, fileOf(9), LIMIT), new DOMException("gone", "NotReadableError"), connected)
  assert.deepEqual([attachment.state, attachment.isFinal], ["failed", true])
})

test("what is said of a file follows its upload", () => {
  const attachment = attachmentOf(1, fileOf(800), LIMIT)
  assert.equal(aboutWords(attachment, true), "800 bytes, waiting")
  assert.match(aboutWords(attachment, false), /waiting for the connection: keep this page open/)
  assert.equal(aboutWords({ ...attachment, state: "uploading", sent_bytes: 200 }, true), "200 bytes of 800 bytes")
  assert.equal(aboutWords({ ...attachment, state: "uploading", sent_bytes: 800 }, true), "800 bytes, almost there")
  assert.equal(aboutWords({ ...attachment, state: "failed", reason: "Why." }, true), "Why.")
})
