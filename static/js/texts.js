// @ts-check
// The page's texts in its language. The English text is the key; the page has the others with it.

/** @typedef {Record<string, string | number>} Values */

const inPage = globalThis.document?.getElementById("texts")?.textContent
/** @type {Record<string, string | Record<string, string>>} */ const catalogue = JSON.parse(inPage || "{}")

const PATIENCE_MS = 5000 // English now is better than a translation that does not come
/** @type {Promise<void> | null} */ let late = null

/**
 * Load the texts of modules that are loaded late; without an answer they are in English, until the
 * next module asks again.
 */
export function loadLateTexts() {
  const url = globalThis.document?.getElementById("texts")?.dataset.late
  if (!url) return Promise.resolve()
  late ??= fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
    .then((texts) => void Object.assign(catalogue, texts))
    .catch(() => void (late = null))
  return late
}

/** The page's language, a BCP 47 tag. */
export const language = globalThis.document?.documentElement.lang || "en"

/** How dates and numbers are written: as the person's browser does if it speaks the page's language ("en-GB"). */
export const locale = globalThis.navigator?.languages?.find((tag) => tag.split("-", 1)[0] === language) ?? language

/** Joins the parts of a list, as "Ada, Max and Zoe". */
export const list = new Intl.ListFormat(locale)

const numbers = new Intl.NumberFormat(locale)
const plurals = new Intl.PluralRules(language)

/** Return a text in the page's language, with the values of its {names}. @param {string} text @param {Values} [values] */
export function t(text, values = {}) {
  return filled(/** @type {string} */ (catalogue[text] ?? text), values)
}

/**
 * Return a text that depends on a number, which it has as {count}.
 * @param {number} count @param {string} one @param {string} many @param {Values} [values]
 */
export function tn(count, one, many, values = {}) {
  const forms = catalogue[one]
  const english = count === 1 ? one : many
  const found = typeof forms === "object" ? (forms[plurals.select(count)] ?? forms.other) : undefined
  return filled(found ?? english, { count, ...values })
}

/** Return a text as it is; `t` translates it later, for so it is in the catalogue. @param {string} text */
export function tLater(text) {
  return text
}

/** @param {string} text @param {Values} values */
function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name] ?? whole
    return typeof value === "number" ? numbers.format(value) : value
  })
}
