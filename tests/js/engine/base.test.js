import assert from "node:assert/strict"
import { test } from "node:test"

import { BASE, baseOf } from "../../../static/js/engine/base.js"

test("the base path is what stands before the folder of files", () => {
  for (const base of ["", "/chat", "/a/b.c/~d", "/static", "/static/js"]) {
    for (const file of ["/static/v0123456789ab/js/engine/base.js", "/static/js/engine/base.js"]) {
      assert.equal(baseOf(`https://host.example:8443${base}${file}`), base)
    }
  }
})

test("a module that no server has sent is below nothing", () => {
  assert.equal(baseOf("file:///srv/chat/static/js/engine/base.js"), "")
  assert.equal(BASE, "")
})
