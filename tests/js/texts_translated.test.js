import assert from "node:assert/strict"
import test from "node:test"

// What a page in Polish, which has four forms for numbers, brings with it.
const catalogue = {
  "{name} is typing…": "{name} pisze…",
  "{count} message": { one: "{count} wiadomość", few: "{count} wiadomości", many: "{count} wiadomości!", other: "{count} wiadomości?" },
}
globalThis.document = { getElementById: () => ({ textContent: JSON.stringify(catalogue) }), documentElement: { lang: "pl" } }
const { list, t, tn } = await import("../../static/js/texts.js")

test("a text is said in the language of the page, or else in English", () => {
  assert.equal(t("{name} is typing…", { name: "Ada" }), "Ada pisze…")
  assert.equal(t("Try again"), "Try again")
})

test("a number chooses among the forms that its language has", () => {
  const said = [1, 2, 5, 22].map((count) => tn(count, "{count} message", "{count} messages"))
  assert.deepEqual(said, ["1 wiadomość", "2 wiadomości", "5 wiadomości!", "22 wiadomości"])
})

test("numbers and lists are written as the language does", () => {
  assert.equal(tn(12345, "{count} message", "{count} messages"), "12\u00a0345 wiadomości!")
  assert.equal(list.format(["Ada", "Max", "Zoe"]), "Ada, Max i Zoe")
})
