// An engine that was told not to come back does nothing by itself: a request would make a new guest.

import assert from "node:assert/strict"
import { test } from "node:test"

import { NoAnswer } from "../../../static/js/engine/http.js"
import { Engine } from "../../../static/js/engine/engine.js"

test("who has signed out asks the server nothing, whatever the browser sees", async (t) => {
  globalThis.location = /** @type {any} */ ({ href: "http://parley.test/" })
  t.after(() => delete globalThis.location)
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] })
  const asked = t.mock.method(globalThis, "fetch", () => new Promise(() => {}))
  const engine = new Engine({ can: ["longpoll"], cursor: "general:e1:5" })
  engine.start()
  const before = asked.mock.callCount()
  engine.close("signed out", 4502)
  engine.networkChanged()
  engine.goOffline()
  engine.setLowPower(true)
  engine.setLowPower(false)
  engine.reattach("a new name")
  await assert.rejects(engine.command({ type: "read", room: "general", offset: 5 }), NoAnswer)
  t.mock.timers.tick(600_000)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(asked.mock.callCount(), before)
  assert.deepEqual([engine.status.state, engine.status.code], ["closed", 4502])
  engine.tryNow() // somebody asked for it
  assert.equal(asked.mock.callCount(), before + 1)
  engine.close()
})
