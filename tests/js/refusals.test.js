import assert from "node:assert/strict"
import test from "node:test"

import { refusalWords } from "../../static/js/refusals.js"

test("in English the server's message is shown as it is", () => {
  assert.equal(refusalWords({ code: "muted", message: "You are muted here until noon." }), "You are muted here until noon.")
})

test("a code without a message has words", () => {
  assert.equal(refusalWords({ code: "too_long" }), "That is too long.")
  assert.equal(refusalWords({ code: "rate_limited", retry_ms: 1500 }), "That was too much at once. Try again in 2 seconds.")
  assert.equal(refusalWords({ code: "of_a_newer_server" }), "The server refused.")
})
