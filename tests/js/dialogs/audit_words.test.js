import assert from "node:assert/strict"
import test from "node:test"

import { auditReason, auditWords } from "../../../static/js/dialogs/audit_words.js"

const who = { name: "Zoe", whom: "Max" }

test("what was done is one sentence", () => {
  assert.equal(auditWords({ action: "kick" }, who), "Zoe removed Max.")
  assert.equal(auditWords({ action: "role moderator" }, who), "Zoe made Max a moderator.")
})

test("the role of the site that somebody was given is in the sentence, and is no reason", () => {
  const entry = { action: "role", reason: "owner" }
  assert.equal(auditWords(entry, who), "Zoe made Max an owner.")
  assert.equal(auditReason(entry), "")
  assert.equal(auditReason({ action: "ban", reason: "spam" }), "spam")
})

test("what a newer server has recorded is shown by its name", () => {
  assert.equal(auditWords({ action: "paint_blue" }, who), "Zoe: paint blue")
})
