import assert from "node:assert/strict"
import test from "node:test"

import { moveTo } from "../../../static/js/writing/grid.js"

// Two sections: three items and one, then two.
const PLACES = [[0, 0], [10, 0], [20, 0], [0, 10], [0, 30], [10, 30]].map(([x, y]) => ({ x, y })) // prettier-ignore
const go = (at, key, isRtl = false) => moveTo(PLACES, at, key, isRtl)

test("left and right go to the next item, and stay at the ends", () => {
  assert.deepEqual([go(0, "ArrowRight"), go(2, "ArrowRight"), go(5, "ArrowRight")], [1, 3, 5])
  assert.deepEqual([go(3, "ArrowLeft"), go(0, "ArrowLeft")], [2, 0])
})

test("right to left, they are exchanged", () => {
  assert.deepEqual([go(0, "ArrowLeft", true), go(1, "ArrowRight", true)], [1, 0])
})

test("up and down go to the nearest item of the next row", () => {
  assert.deepEqual([go(0, "ArrowDown"), go(2, "ArrowDown"), go(3, "ArrowDown"), go(4, "ArrowDown")], [3, 3, 4, 4])
  assert.deepEqual([go(5, "ArrowUp"), go(3, "ArrowUp"), go(1, "ArrowUp")], [3, 0, 1])
})

test("from no item, an arrow goes to the first; other keys, and an empty grid, lead nowhere", () => {
  assert.deepEqual([go(-1, "ArrowDown"), go(-1, "ArrowRight"), go(0, "Home")], [0, 0, null])
  assert.equal(moveTo([], -1, "ArrowDown", false), null)
})
