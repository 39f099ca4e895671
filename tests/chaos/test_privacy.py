"""The checker finds each entry given to somebody who was no member, and nothing else."""

import pytest

from tests.chaos.privacy import Given, LogEntry, judge

LOG = (
    LogEntry(1, "joined", "owner"),
    LogEntry(2, "message", "owner"),
    LogEntry(3, "joined", "max"),
    LogEntry(4, "message", "owner"),
    LogEntry(5, "left", "max"),
    LogEntry(6, "message", "owner"),
    LogEntry(7, "joined", "max"),
    LogEntry(8, "message", "owner"),
)
GOOD = [Given("max", offset) for offset in (3, 4, 5, 7, 8)]


def test_what_a_member_was_given_while_a_member_is_right() -> None:
    verdict = judge(GOOD, LOG, ["max"])
    assert (verdict.given, verdict.leaks, verdict.lost) == (5, [], [])
    assert str(verdict) == (
        "5 entries of a private room given, 0 to somebody who was no member, 0 lost"
    )


@pytest.mark.parametrize("offset", [1, 2, 6])
def test_what_was_said_before_or_between_is_not_for_them(offset: int) -> None:
    verdict = judge([*GOOD, Given("max", offset)], LOG, ["max"])
    assert len(verdict.leaks) == 1 and not verdict.lost


def test_a_stranger_is_given_nothing() -> None:
    assert len(judge([Given("eve", 4)], LOG, ["eve", "max"]).leaks) == 1


@pytest.mark.parametrize("offset", [7, 8])
def test_what_a_member_lacks_at_the_end_is_lost(offset: int) -> None:
    given = [one for one in GOOD if one.offset != offset]
    assert len(judge(given, LOG, ["max"]).lost) == 1


def test_what_was_loaded_anew_is_not_lost() -> None:
    given = [Given("max", 3), Given("max", 7, is_resync=True), Given("max", 8)]
    assert not judge(given, LOG, ["max"]).lost


def test_who_is_no_member_at_the_end_lacks_nothing() -> None:
    assert not judge([], LOG[:6], ["max"]).lost
