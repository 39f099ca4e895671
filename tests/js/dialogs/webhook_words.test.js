import assert from "node:assert/strict"
import test from "node:test"

import { deliveryWords, eventsWords, eventWords, webhookWords } from "../../../static/js/dialogs/webhook_words.js"

const shown = (time) => `at ${time}`
const delivery = { id: "r-1:e:1", type: "message", state: "delivered", attempts: 1, time: "9" }
const webhook = { id: "r-1", url: "https://a.example", events: ["message"], name: "Ann", is_enabled: true, waiting: 0 }

test("what became of a delivery is one sentence", () => {
  assert.equal(deliveryWords(delivery, shown), "Delivered at 9")
  assert.equal(deliveryWords({ ...delivery, attempts: 3 }, shown), "Delivered at 9, at attempt 3")
  const failed = { ...delivery, state: "waiting", problem: "it answered 500", next_time: "10" }
  assert.equal(deliveryWords(failed, shown), "Failed at 9: it answered 500. The next attempt is at 10.")
  assert.equal(deliveryWords({ ...failed, state: "failed" }, shown), "Given up at 9: it answered 500")
  assert.equal(deliveryWords({ ...delivery, state: "gone" }, shown), "Not sent: the room has not kept it.")
})

test("a webhook says how it is", () => {
  assert.equal(webhookWords(webhook, shown), "Nothing has happened yet.")
  assert.equal(webhookWords({ ...webhook, last: delivery }, shown), "Delivered at 9")
  assert.equal(webhookWords({ ...webhook, last: delivery, waiting: 2 }, shown), "Delivered at 9 · 2 deliveries are tried again")
  assert.equal(webhookWords({ ...webhook, is_enabled: false }, shown), "Disabled.")
  assert.equal(webhookWords({ ...webhook, is_enabled: false, why: "It is gone." }, shown), "Disabled: It is gone.")
})

test("events are named in their order, and one of a newer server by its name", () => {
  assert.equal(eventsWords(["left", "message"]), "Messages, Who leaves")
  assert.equal(eventWords("sung"), "sung")
})
