// What this client decides as the one in Python does: tests/rules.json has it for both.
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import test from "node:test"

import { KEPT_MS } from "../../static/js/engine/memory.js"
import {
  backoff_ms, climb_ms, deadline_ms, isComeBack, moved_ms, silence_ms, STABLE_MS, stagger_ms, TRANSPORTS, trial_ms,
} from "../../static/js/engine/policy.js" // prettier-ignore

const rules = JSON.parse(readFileSync(new URL("../rules.json", import.meta.url), "utf8"))
const ms = (s) => (s === null ? null : Math.round(1000 * s))

const decisions = {
  backoff: ([round, chance, span_s]) => assert.equal(backoff_ms(round, chance), ms(span_s)),
  better: ([tries, chance, span_s]) => assert.equal(climb_ms(tries, chance), ms(span_s)),
  stagger: ([started, rtt_s, span_s]) => assert.equal(stagger_ms(started, ms(rtt_s)), ms(span_s)),
  deadline: ([rtt_s, span_s]) => assert.equal(deadline_ms(ms(rtt_s)), ms(span_s)),
  trial: ([lived_s, span_s]) => assert.equal(trial_ms(ms(lived_s)), ms(span_s)),
  silence: ([transport, heartbeat_s, hold_s, span_s]) =>
    assert.equal(silence_ms(transport, { heartbeat_s, hold_s }), ms(span_s)),
  moved: ([code, retry_ms, span_s]) =>
    assert.equal(moved_ms({ code: code ?? undefined, retry_ms: retry_ms ?? undefined }), ms(span_s)),
  comes_back: ([code, does]) => assert.equal(isComeBack(code ?? undefined), does),
}

for (const [name, decide] of Object.entries(decisions)) {
  test(`${name} is decided as in Python`, () => rules[name].forEach(decide))
}

test("the rules are all looked at", () => {
  assert.deepEqual(Object.keys(rules), ["about", "transports", "stable_s", "failures_kept_s", ...Object.keys(decisions)])
  assert.deepEqual(TRANSPORTS, rules.transports)
  assert.equal(STABLE_MS, ms(rules.stable_s))
  assert.equal(KEPT_MS, ms(rules.failures_kept_s))
})
