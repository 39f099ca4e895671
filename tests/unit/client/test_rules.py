"""What this client decides as the one in the browser does: tests/rules.json has it for both."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chat.client import memory, policy
from chat.client.history import Attempt, Outcome
from chat.client.memory import Memory
from chat.client.quarantine import Quarantine
from chat.client.transports import longpoll

RULES = json.loads((Path(__file__).parents[2] / "rules.json").read_text())


def trial_s(lived_s: float) -> float:
    quarantine = Quarantine()
    for _ in range(2):  # then it is in quarantine, however long it lived
        quarantine.ended("sse", min(lived_s, 59.0))
    return quarantine.trial_s("sse")


def silence_s(transport: str, heartbeat_s: float, hold_s: float) -> float:
    return policy.silence_s(transport, heartbeat_s=heartbeat_s, hold_s=hold_s)


DECISIONS: dict[str, Callable[..., Any]] = {
    "backoff": policy.backoff_s,
    "upgrade": policy.upgrade_s,
    "stagger": policy.stagger_s,
    "deadline": policy.deadline_s,
    "trial": trial_s,
    "silence": silence_s,
    "moved": policy.moved_s,
    "comes_back": policy.is_come_back,
    "shorter_heartbeat": policy.shorter_heartbeat_s,
    "shorter_hold": policy.shorter_hold_s,
    "longer_hold": policy.longer_hold_s,
    "renewal": policy.renewal_s,
}


@pytest.mark.parametrize(("name", "case"), [(n, c) for n in DECISIONS for c in RULES[n]])
def test_it_is_decided_as_in_the_browser(name: str, case: list[Any]) -> None:
    *arguments, result = case
    assert DECISIONS[name](*arguments) == pytest.approx(result)


def play(events: list[list[Any]]) -> Memory:
    memory = Memory()
    for event in events:
        match event:
            case ["died", str(transport), lived_s, silent_s, longest_silence_s]:
                memory.ended(
                    Attempt(transport=transport, began_s=0, ended_s=1, outcome=Outcome.DIED),
                    lived_s=lived_s,
                    silent_s=silent_s,
                    longest_silence_s=longest_silence_s,
                )
            case ["passed", str(transport)]:
                memory.quarantine.passed(transport)
            case ["proven", str(transport)]:
                memory.proven(transport)
            case ["unreachable"]:
                memory.unreachable()
            case ["network", str(name)]:
                memory.arrive(name)
            case _:
                raise AssertionError(event)
    return memory


@pytest.mark.parametrize("case", RULES["memory"], ids=lambda case: str(case["events"]))
def test_what_happened_is_remembered_as_in_the_browser(case: dict[str, Any]) -> None:
    memory = play(case["events"])
    trials = {name: memory.quarantine.trial_s(name) for name in policy.TRANSPORTS}
    assert {name: s for name, s in trials.items() if s} == pytest.approx(case["trials"])
    assert memory.terms.heartbeat_s == case.get("heartbeat_s")
    assert memory.renewal_s == pytest.approx(case.get("renewal_s"))


def test_the_rules_are_all_looked_at() -> None:
    plain = {"about", "transports", "stable_s", "failures_kept_s", "poll_cut_statuses", "memory"}
    assert {*RULES} == plain | {*DECISIONS}
    assert list(policy.TRANSPORTS) == RULES["transports"]
    assert RULES["stable_s"] == policy.STABLE_S
    assert RULES["failures_kept_s"] == memory.FAILURE_MEMORY_S
    assert RULES["poll_cut_statuses"] == list(longpoll.CUT)
