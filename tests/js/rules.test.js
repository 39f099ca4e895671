// What this client decides as the one in Python does: tests/rules.json has it for both.
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import test from "node:test"

import { KEPT_MS, Memory } from "../../static/js/engine/memory.js"
import {
  backoff_ms, deadline_ms, isComeBack, longerHold_s, moved_ms, POLL_CUT_STATUSES, renewal_ms, shorterHeartbeat_s, shorterHold_s,
  silence_ms, STABLE_MS, stagger_ms, TRANSPORTS, upgrade_ms,
} from "../../static/js/engine/policy.js" // prettier-ignore
import { Quarantine } from "../../static/js/engine/quarantine.js"

const rules = JSON.parse(readFileSync(new URL("../rules.json", import.meta.url), "utf8"))
const ms = (s) => (s === null ? null : Math.round(1000 * s))

const decisions = {
  backoff: ([round, chance, span_s]) => assert.equal(backoff_ms(round, chance), ms(span_s)),
  upgrade: ([tries, chance, span_s]) => assert.equal(upgrade_ms(tries, chance), ms(span_s)),
  stagger: ([started, rtt_s, span_s]) => assert.equal(stagger_ms(started, ms(rtt_s)), ms(span_s)),
  deadline: ([rtt_s, span_s]) => assert.equal(deadline_ms(ms(rtt_s)), ms(span_s)),
  trial: ([lived_s, span_s]) => assert.equal(quarantineAfter(Math.min(lived_s, 59)).trial_ms("sse"), ms(span_s)),
  silence: ([transport, heartbeat_s, hold_s, span_s]) =>
    assert.equal(silence_ms(transport, { heartbeat_s, hold_s }), ms(span_s)),
  moved: ([code, retry_ms, span_s]) =>
    assert.equal(moved_ms({ code: code ?? undefined, retry_ms: retry_ms ?? undefined }), ms(span_s)),
  comes_back: ([code, does]) => assert.equal(isComeBack(code ?? undefined), does),
  shorter_heartbeat: ([silent_s, longest_s, heartbeat_s]) => assert.equal(shorterHeartbeat_s(ms(silent_s), ms(longest_s)), heartbeat_s),
  shorter_hold: ([lived_s, hold_s]) => assert.equal(shorterHold_s(ms(lived_s)), hold_s),
  longer_hold: ([hold_s, longest_s, longer_s]) => assert.equal(longerHold_s(hold_s, longest_s), longer_s),
  renewal: ([last_s, lived_s, renewal_s]) => assert.equal(renewal_ms(ms(last_s), ms(lived_s)), ms(renewal_s)),
  memory: ({ events, trials, heartbeat_s = null, renewal_s = null }) => {
    const memory = memoryAfter(events)
    for (const transport of TRANSPORTS) assert.equal(memory.quarantine.trial_ms(transport), ms(trials[transport] ?? 0))
    assert.deepEqual([memory.limits.heartbeat_s, memory.renewal_ms], [heartbeat_s, ms(renewal_s)])
  },
}

function quarantineAfter(lived_s) {
  const quarantine = new Quarantine()
  for (let count = 0; count < 2; count++) quarantine.ended("sse", ms(lived_s)) // then it is in quarantine, however long it lived
  return quarantine
}

function memoryAfter(events) {
  const memory = new Memory()
  for (const [event, subject, lived_s, silent_s, longest_s] of events) {
    const attempt = { transport: subject, age_ms: ms(lived_s), lived_ms: ms(lived_s), silent_ms: ms(silent_s), longestSilence_ms: ms(longest_s) }
    if (event === "died") memory.ended(attempt, { kind: "died", detail: "" }, 0)
    if (event === "passed") memory.quarantine.passed(subject)
    if (event === "proven") memory.proven(subject)
    if (event === "unreachable") memory.unreachable()
    if (event === "network") memory.arrive(subject)
  }
  return memory
}

for (const [name, decide] of Object.entries(decisions)) {
  test(`${name} is decided as in Python`, () => rules[name].forEach(decide))
}

test("the rules are all looked at", () => {
  assert.deepEqual(Object.keys(rules).sort(), ["about", "transports", "stable_s", "failures_kept_s", "poll_cut_statuses", ...Object.keys(decisions)].sort())
  assert.deepEqual(TRANSPORTS, rules.transports)
  assert.deepEqual(POLL_CUT_STATUSES, rules.poll_cut_statuses)
  assert.equal(STABLE_MS, ms(rules.stable_s))
  assert.equal(KEPT_MS, ms(rules.failures_kept_s))
})
