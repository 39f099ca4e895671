import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import test from "node:test"

const WORKER = new URL("../../../static/js/tabs/worker.js", import.meta.url)

const importsOf = (module) =>
  [...readFileSync(module, "utf8").matchAll(/^import .*?"(\.[^"]+)"$/gm)].map(([, path]) => new URL(path, module).href)

test("the worker names all that it needs, so that nothing is found out level by level", () => {
  const named = new Set(importsOf(WORKER))
  const needed = new Set(named)
  for (const module of needed) for (const further of importsOf(new URL(module))) needed.add(further)
  assert.ok(needed.size > 10)
  assert.deepEqual([...named].sort(), [...needed].sort())
})
