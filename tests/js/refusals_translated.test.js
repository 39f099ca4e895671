import assert from "node:assert/strict"
import test from "node:test"

const catalogue = {
  "This is not your password.": "Das ist nicht dein Passwort.",
  "You are muted here until {until}: {reason}.": "Du bist hier bis {until} stummgeschaltet: {reason}.",
  "You are muted here.": "Du bist hier stummgeschaltet.",
  "That was too much at once. Try again in {count} second.": { one: "Warte {count} Sekunde.", other: "Warte {count} Sekunden." },
}
// The page is German before its modules are loaded.
globalThis.document = { documentElement: { lang: "de" }, getElementById: () => ({ textContent: JSON.stringify(catalogue) }) }
const { serverWords, refusalWords } = await import("../../static/js/refusals.js")

test("a message that the page knows is translated, with what it tells", () => {
  assert.equal(refusalWords({ code: "forbidden", message: "This is not your password." }), "Das ist nicht dein Passwort.")
  const muted = { code: "muted", message: "You are muted here until 2026-12-01 09:00 UTC: a {reason}: $&." }
  assert.equal(refusalWords(muted), "Du bist hier bis 2026-12-01 09:00 UTC stummgeschaltet: a {reason}: $&.")
})

test("of another message the page says what the code means", () => {
  assert.equal(refusalWords({ code: "muted", message: "You are muted, for a change." }), "Du bist hier stummgeschaltet.")
  assert.equal(refusalWords({ code: "rate_limited", message: "Too fast.", retry_ms: 900 }), "Warte 1 Sekunde.")
})

test("a message with an unknown code stays, and so does what the page itself says", () => {
  assert.equal(refusalWords({ code: "of_a_newer_server", message: "You need a hat." }), "You need a hat.")
  assert.equal(refusalWords({ message: "Wähle zuerst jemanden." }), "Wähle zuerst jemanden.")
})

test("why the server ended a connection is translated if it is known", () => {
  assert.equal(serverWords("This is not your password."), "Das ist nicht dein Passwort.")
  assert.equal(serverWords("of a newer server"), "of a newer server")
})
