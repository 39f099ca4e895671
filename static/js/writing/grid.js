// @ts-check
// Movement by arrow keys in a grid whose rows are as long as fits, in sections. Pure.

/** @typedef {{ x: number, y: number }} Place of an item: its left edge and its top */

/**
 * Return which item a key leads to; null if the key does not move.
 * @param {readonly Place[]} places of all items, in order @param {number} at the present one; -1 for none @param {string} key @param {boolean} isRtl
 */
export function moveTo(places, at, key, isRtl) {
  const last = places.length - 1
  if (last < 0) return null
  const forward = isRtl ? "ArrowLeft" : "ArrowRight"
  const back = isRtl ? "ArrowRight" : "ArrowLeft"
  if (key === forward) return Math.min(at + 1, last)
  if (key === back) return Math.max(at - 1, 0)
  if (key !== "ArrowDown" && key !== "ArrowUp") return null
  if (at < 0) return 0
  return rowBeyond(places, at, key === "ArrowDown" ? 1 : -1)
}

/** Return the item nearest by its side in the next row; the same one at the end. @param {readonly Place[]} places @param {number} at @param {1 | -1} step */
function rowBeyond(places, at, step) {
  const { x, y } = places[at]
  let next = at + step
  while (places[next] && places[next].y === y) next += step
  if (!places[next]) return at
  const row = places[next].y
  let best = next
  for (; places[next] && places[next].y === row; next += step) {
    if (Math.abs(places[next].x - x) < Math.abs(places[best].x - x)) best = next
  }
  return best
}
