"""What this client decides as the one in the browser does: tests/rules.json has it for both."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chat.client import memory, policy

RULES = json.loads((Path(__file__).parents[2] / "rules.json").read_text())


def trial_s(lived_s: float) -> float:
    quarantine = policy.Quarantine()
    for _ in range(2):  # then it is in quarantine, however long it lived
        quarantine.ended("sse", min(lived_s, 59.0))
    return quarantine.trial_s("sse")


def silence_s(transport: str, heartbeat_s: float, hold_s: float) -> float:
    return policy.silence_s(transport, heartbeat_s=heartbeat_s, hold_s=hold_s)


DECISIONS: dict[str, Callable[..., Any]] = {
    "backoff": policy.backoff_s,
    "better": policy.better_s,
    "stagger": policy.stagger_s,
    "deadline": policy.deadline_s,
    "trial": trial_s,
    "silence": silence_s,
    "moved": policy.moved_s,
    "comes_back": policy.is_come_back,
}


@pytest.mark.parametrize(("name", "case"), [(n, c) for n in DECISIONS for c in RULES[n]])
def test_it_is_decided_as_in_the_browser(name: str, case: list[Any]) -> None:
    *arguments, result = case
    assert DECISIONS[name](*arguments) == pytest.approx(result)


def test_the_rules_are_all_looked_at() -> None:
    assert {*RULES} >= {"about", "transports", "stable_s", "failures_kept_s", *DECISIONS}
    assert list(policy.TRANSPORTS) == RULES["transports"]
    assert RULES["stable_s"] == policy.STABLE_S
    assert RULES["failures_kept_s"] == memory.FAILURE_MEMORY_S
