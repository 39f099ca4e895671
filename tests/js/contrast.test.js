import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import test from "node:test"

// The colours of static/css/tokens.css, held to WCAG 2.2: 1.4.3 (texts, 4.5 to 1) and 1.4.11
// (what shows where a control is, and its focus, 3 to 1).

const css = readFileSync(new URL("../../static/css/tokens.css", import.meta.url), "utf8")
const SCHEMES = ["light", "dark"]
const HUES = [...css.matchAll(/\[data-hue="\d+"\] \{ --hue: (\d+); \}/g)].map((match) => Number(match[1]))

/** Return a token's colour in each scheme, as linear sRGB. */
function colour(name, hue = 0) {
  const oklch = String.raw`oklch\(([\d.]+)% ([\d.]+) ([\d.]+|var\(--hue\))\)`
  const match = css.match(new RegExp(String.raw`--${name}: light-dark\(${oklch}, ${oklch}\)`))
  assert.ok(match, `--${name} is no pair of oklch colours`)
  const [l1, c1, h1, l2, c2, h2] = match.slice(1).map((text) => (text.startsWith("var") ? hue : Number(text)))
  return { light: linear(l1 / 100, c1, h1), dark: linear(l2 / 100, c2, h2) }
}

/** Björn Ottosson's OKLab to linear sRGB (CSS Color 4, section 10.8), cut to what screens show. */
function linear(lightness, chroma, hue) {
  const a = chroma * Math.cos((hue * Math.PI) / 180)
  const b = chroma * Math.sin((hue * Math.PI) / 180)
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  const rgb = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
  return rgb.map((value) => Math.min(1, Math.max(0, value)))
}

function contrast(one, other) {
  const luminances = [one, other].map(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b)
  const [low, high] = luminances.sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

function holds(front, back, least, hue) {
  for (const scheme of SCHEMES) {
    const ratio = contrast(colour(front, hue)[scheme], colour(back, hue)[scheme])
    const where = hue === undefined ? "" : ` at hue ${hue}`
    assert.ok(ratio >= least, `${front} on ${back}, ${scheme}${where}: ${ratio.toFixed(2)} < ${least}`)
  }
}

const GROUNDS = ["paper", "side", "raised", "hover", "chosen", "highlight"]

test("black on white is 21 to 1", () => {
  assert.equal(contrast([0, 0, 0], [1, 1, 1]).toFixed(1), "21.0")
})

for (const ground of GROUNDS) {
  test(`texts can be read on ${ground}`, () => {
    for (const front of ["ink", "ink-soft", "accent"]) holds(front, ground, 4.5)
  })

  test(`every name can be read on ${ground}`, () => {
    assert.equal(HUES.length, 12)
    for (const hue of HUES) holds("name", ground, 4.5, hue)
  })
}

test("an initial can be read in its circle", () => {
  for (const hue of HUES) holds("name", "tint", 4.5, hue)
})

test("texts on coloured grounds can be read", () => {
  holds("on-accent", "accent", 4.5)
  holds("on-warm", "warm", 4.5)
  holds("ink", "code", 4.5)
})

test("code can be read in all its colours", () => {
  const kinds = ["ink-soft", "danger", "good", ...[...css.matchAll(/--(syntax-\w+):/g)].map((match) => match[1])]
  for (const kind of kinds) holds(kind, "code", 4.5)
})

test("what went wrong and what is new can be read", () => {
  for (const ground of ["paper", "raised", "hover"]) {
    holds("danger", ground, 4.5)
    holds("warm", ground, 4.5)
  }
})

test("controls and the focus stand out", () => {
  for (const ground of ["paper", "raised", "side", "highlight"]) {
    holds("edge", ground, 3)
    holds("accent", ground, 3)
  }
  for (const ground of ["paper", "side"]) holds("good", ground, 3)
})

test("what works can be read on paper, as /doctor says it", () => holds("good", "paper", 4.5))
