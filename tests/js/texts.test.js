import assert from "node:assert/strict"
import test from "node:test"

import { t, tn } from "../../static/js/texts.js"

test("without a catalogue texts are English, with their values", () => {
  assert.equal(t("{name} is typing…", { name: "Ada" }), "Ada is typing…")
  assert.equal(t("{other} stays", { name: "Ada" }), "{other} stays")
  assert.equal(tn(1, "{count} new message", "{count} new messages"), "1 new message")
  assert.equal(tn(0, "{count} new message", "{count} new messages"), "0 new messages")
})
