// What is kept belongs to a user, and goes with them.

import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"

import * as storage from "../../static/js/storage.js"

/** As a browser's: what is kept are the object's own properties. */
class FakeStorage {
  getItem(key) {
    return this[key] ?? null
  }
  setItem(key, value) {
    this[key] = String(value)
  }
  removeItem(key) {
    delete this[key]
  }
}

let user
let count = 0
beforeEach(() => {
  Object.assign(globalThis, { localStorage: new FakeStorage(), sessionStorage: new FakeStorage() })
  user = `guest-${count++}`
})

const entry = { key: "k", room: "general", text: "unsent", state: "sending", since_ms: 0 }

test("a draft and what is unsent are found again by their author alone", () => {
  storage.saveDraft(user, "dev", "half a")
  storage.saveOutbox(user, [entry])
  assert.equal(storage.loadDraft(user, "dev"), "half a")
  assert.equal(storage.loadDraft(user, "general"), "")
  assert.deepEqual(storage.loadOutbox(user), [entry])
  for (const other of ["guest", `${user}0`, "guest-", "dev"]) {
    assert.equal(storage.loadDraft(other, "dev"), "")
    assert.deepEqual(storage.loadOutbox(other), [])
  }
})

test("who signs out takes all of it along, and nothing of it is kept again", () => {
  for (const each of [user, `${user}0`]) {
    storage.saveDraft(each, "dev", "half a")
    storage.saveOutbox(each, [entry])
  }
  storage.saveMemory({ network: "n" })
  storage.forget(user)
  storage.saveDraft(user, "dev", "too late")
  storage.saveOutbox(user, [entry])
  assert.equal(storage.loadDraft(user, "dev"), "")
  assert.deepEqual(storage.loadOutbox(user), [])
  const left = [...Object.keys(localStorage), ...Object.keys(sessionStorage)]
  assert.deepEqual(left, [`parley.${user}0.draft.dev`, "parley.network", `parley.${user}0.outbox`])
})

test("what was kept before it had an owner is removed", () => {
  localStorage.setItem("parley.draft.general", "whose?")
  sessionStorage.setItem("parley.outbox", JSON.stringify({ user: "who", entries: [entry] }))
  localStorage.setItem("parley.network", "{}")
  localStorage.setItem("another", "page's")
  storage.saveDraft(user, "dev", "mine")
  storage.removeUnowned()
  assert.deepEqual(Object.keys(localStorage).sort(), ["another", `parley.${user}.draft.dev`, "parley.network"].sort())
  assert.deepEqual(Object.keys(sessionStorage), [])
})

test("an empty draft and an empty queue leave nothing", () => {
  storage.saveDraft(user, "dev", "x")
  storage.saveDraft(user, "dev", "")
  storage.saveOutbox(user, [entry])
  storage.saveOutbox(user, [{ ...entry, state: "sent" }])
  assert.deepEqual([Object.keys(localStorage), Object.keys(sessionStorage)], [[], []])
})

test("where storage is forbidden, nothing is kept and nothing fails", () => {
  const forbid = () => {
    throw new Error("SecurityError")
  }
  for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(globalThis, name, { get: forbid, configurable: true })
  storage.saveDraft(user, "dev", "x")
  storage.saveOutbox(user, [entry])
  storage.forget(user)
  storage.removeUnowned()
  assert.equal(storage.loadDraft(user, "dev"), "")
  for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(globalThis, name, { value: undefined, writable: true, configurable: true })
})
