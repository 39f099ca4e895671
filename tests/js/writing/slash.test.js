import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import test from "node:test"

import { actionText, commandNamed, COMMANDS, meaningOf, namedAt, shrugText } from "../../../static/js/writing/slash.js"

test("a slash and letters are a command, with the rest of the text", () => {
  assert.deepEqual(meaningOf("/topic Birds, and where"), { kind: "command", name: "topic", rest: "Birds, and where" })
  assert.deepEqual(meaningOf("/HELP"), { kind: "command", name: "help", rest: "" })
  assert.deepEqual(meaningOf("/me one\ntwo"), { kind: "command", name: "me", rest: "one\ntwo" })
  assert.deepEqual(meaningOf("/nosuch"), { kind: "command", name: "nosuch", rest: "" })
})

test("two slashes are a text with one, and paths and numbers are texts as they are", () => {
  assert.deepEqual(meaningOf("//topic is a command"), { kind: "text", text: "/topic is a command" })
  for (const text of ["/usr/bin is full", "/ 2", "/2", "say /help", "hello"]) assert.deepEqual(meaningOf(text), { kind: "text", text })
})

test("all commands have a help of their own", () => {
  assert.equal(new Set(COMMANDS.map(({ name }) => name)).size, COMMANDS.length)
  assert.equal(commandNamed("kick")?.may, "kick")
  assert.equal(commandNamed("nosuch"), undefined)
})

test("the documentation has them all, in this order", () => {
  const docs = readFileSync(new URL("../../../docs/writing.md", import.meta.url), "utf8")
  const documented = [...docs.matchAll(/^\| `(\/[^`]+)` \|/gm)].map(([, command]) => command)
  assert.deepEqual(documented, COMMANDS.map(({ name, args }) => `/${name} ${args}`.trim()))
})

const person = (name, user, full = name) => ({ user, name, full })
const PEOPLE = [person("Mary", "u1"), person("Mary Ann", "u2"), person("Bob", "u3", "Bob·aaaa"), person("bob", "u4", "bob·bbbb"), person("René", "u5")]
const named = (text) => {
  const { people, rest } = namedAt(text, PEOPLE)
  return [people.map(({ user }) => user).join(), rest]
}

test("the longest name that the text begins with is meant, and the rest is the rest", () => {
  assert.deepEqual(named("Mary spams"), ["u1", "spams"])
  assert.deepEqual(named("mary ann spams"), ["u2", "spams"])
  assert.deepEqual(named("@Rene\u0301"), ["u5", ""])
  assert.deepEqual(named("Maryanne"), ["", "Maryanne"])
  assert.deepEqual(named("Nobody here"), ["", "Nobody here"])
})

test("namesakes are all meant, unless the mark says which", () => {
  assert.deepEqual(named("Bob"), ["u3,u4", ""])
  assert.deepEqual(named("bob·bbbb now"), ["u4", "now"])
})

test("what one does is emphasised, whatever is in the name", () => {
  assert.equal(actionText("Ada", "waves"), "*Ada waves*")
  assert.equal(actionText("x*_y", "waves"), "*x\\*\\_y waves*")
})

test("a shrug keeps its arm in Markdown", () => {
  assert.equal(shrugText(""), "¯\\\\\\_(ツ)\\_/¯")
  assert.equal(shrugText("well"), "well ¯\\\\\\_(ツ)\\_/¯")
})
