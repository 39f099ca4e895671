// What is kept belongs to a user, and goes with them.

import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"

import { OutboxStorage } from "../../static/js/outbox_storage.js"
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

const entry = { key: "k", seq: 1, kind: "send", room: "general", text: "unsent", state: "waiting", written_ms: 0 }
const saveOutbox = (who, entries) => new OutboxStorage(who).save([], entries)
const loadOutbox = (who) => new OutboxStorage(who).load()

test("a draft and what is unsent are found again by their author alone", () => {
  storage.saveDraft(user, "dev", "half a")
  saveOutbox(user, [entry])
  assert.equal(storage.loadDraft(user, "dev"), "half a")
  assert.equal(storage.loadDraft(user, "general"), "")
  assert.deepEqual(loadOutbox(user), [entry])
  for (const other of ["guest", `${user}0`, "guest-", "dev"]) {
    assert.equal(storage.loadDraft(other, "dev"), "")
    assert.deepEqual(loadOutbox(other), [])
  }
})

test("who signs out takes all of it along, and nothing of it is kept again", () => {
  for (const each of [user, `${user}0`]) {
    storage.saveDraft(each, "dev", "half a")
    saveOutbox(each, [entry])
  }
  storage.saveMemory({ network: "n" })
  storage.forget(user)
  storage.saveDraft(user, "dev", "too late")
  saveOutbox(user, [entry])
  assert.equal(storage.loadDraft(user, "dev"), "")
  assert.deepEqual(loadOutbox(user), [])
  const left = [...Object.keys(localStorage), ...Object.keys(sessionStorage)]
  assert.deepEqual(left, [`parley.${user}0.draft.dev`, `parley.${user}0.outbox.k`, "parley.network"])
})

test("what was kept before it had an owner is removed", () => {
  localStorage.setItem("parley.draft.general", "whose?")
  sessionStorage.setItem("parley.outbox", JSON.stringify({ user: "who", entries: [entry] }))
  localStorage.setItem("parley.network", "{}")
  localStorage.setItem("another", "page's")
  storage.saveDraft(user, "dev", "mine")
  storage.removeUnowned()
  assert.deepEqual(new OutboxStorage(user).popOld(), []) // that has an owner, who is another
  assert.deepEqual(Object.keys(localStorage).sort(), ["another", `parley.${user}.draft.dev`, "parley.network"].sort())
  assert.deepEqual(Object.keys(sessionStorage), [])
})

test("an empty draft and an empty queue leave nothing", () => {
  storage.saveDraft(user, "dev", "x")
  storage.saveDraft(user, "dev", "")
  saveOutbox(user, [entry])
  new OutboxStorage(user).save([entry], [])
  assert.deepEqual([Object.keys(localStorage), Object.keys(sessionStorage)], [[], []])
})

test("where storage is forbidden, nothing is kept and nothing fails", () => {
  const forbid = () => {
    throw new Error("SecurityError")
  }
  for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(globalThis, name, { get: forbid, configurable: true })
  storage.saveDraft(user, "dev", "x")
  saveOutbox(user, [entry])
  storage.forget(user)
  storage.removeUnowned()
  assert.equal(storage.loadDraft(user, "dev"), "")
  for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(globalThis, name, { value: undefined, writable: true, configurable: true })
})

test("the uploaded files of a draft are kept by room, and go with their user", () => {
  const file = { id: "f", name: "a.txt", type: "text/plain", bytes: 1 }
  storage.saveFiles(user, "general", [file])
  assert.deepEqual(storage.loadFiles(user, "general"), [file])
  assert.deepEqual(storage.loadFiles(user, "dev"), [])
  storage.saveFiles(user, "general", [])
  assert.deepEqual(storage.loadFiles(user, "general"), [])
  storage.saveFiles(user, "general", [file])
  storage.forget(user)
  assert.deepEqual(storage.loadFiles(user, "general"), [])
})
