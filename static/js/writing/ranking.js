// @ts-check
// Which of many names somebody means by a few letters, and in what order to offer them. Pure.

// Letters that Unicode does not take apart, and that people type by their plain form.
const PLAIN = /** @type {Record<string, string>} */ ({
  ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ð: "d", ı: "i", þ: "th", ى: "ي", ة: "ه", ـ: "",
}) // prettier-ignore
const TO_PLAIN = new RegExp(`[${Object.keys(PLAIN).join("")}]`, "gu")
const WORD_END = /[\p{L}\p{N}\p{M}]$/u

const NONE = 9 // more than any rank
export const SHOWN = 8 // as many as can be taken in at a glance

/** Return a text without case, width and accents; Hangul by its letters, so that half a syllable is found. @param {string} text */
export function fold(text) {
  return text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase().replace(TO_PLAIN, (letter) => PLAIN[letter])
}

/**
 * Return how well a folded text fits a folded query: 0 it is the same, 1 it begins so, 2 a word in it
 * does, 3 the query is inside; null: it does not fit.
 * @param {string} query @param {string} text
 */
export function rank(query, text) {
  if (text === query) return 0
  const at = text.indexOf(query)
  if (at <= 0) return at === 0 ? 1 : null
  for (let next = at; next > 0; next = text.indexOf(query, next + 1)) if (!WORD_END.test(text.slice(0, next))) return 2
  return 3
}

/** @typedef {{ names: readonly string[], others?: readonly string[] }} Folded the folded texts by which something is found; names count more */

/**
 * Return the entries that fit best, at most `limit`; of equal ones, the first.
 * @template {{ keys: Folded }} T
 * @param {readonly T[]} entries @param {string} query as typed @param {number} [limit]
 * @returns {T[]}
 */
export function bestOf(entries, query, limit = SHOWN) {
  const folded = fold(query)
  const found = entries.flatMap((entry) => {
    const how = fit(folded, entry.keys)
    return how === null ? [] : [{ entry, how }]
  })
  found.sort((a, b) => a.how - b.how)
  return found.slice(0, limit).map(({ entry }) => entry)
}

/** @param {string} query folded @param {Folded} keys */
function fit(query, { names, others = [] }) {
  const ranks = [...names.map((name) => rank(query, name) ?? NONE), ...others.map((other) => (rank(query, other) ?? NONE) + 0.5)]
  const best = Math.min(...ranks)
  return best < NONE ? best : null
}

/** Return the keys of something that has these names, and is also found by other words. @param {readonly string[]} names @param {readonly string[]} [others] @returns {Folded} */
export function keysOf(names, others = []) {
  return { names: names.filter(Boolean).map(fold), others: others.filter(Boolean).map(fold) }
}
