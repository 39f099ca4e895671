"""The checker finds each thing that is shown after its deletion, and nothing in a good history."""

import pytest

from tests.chaos.gone import Event, Gone, Kind, judge

MEMBERS = {"p-1": {"ada", "max"}}
GOOD = (
    Event(Kind.ASK, "ada"),
    Event(Kind.ASK, "max"),
    Event(Kind.ASK, "eve"),
    Event(Kind.JOIN, "ada", "p-1"),
    Event(Kind.JOIN, "max", "p-1"),
    Event(Kind.GIVE, "eve", "general", "hi"),
    Event(Kind.GIVE, "ada", "p-1", "secret"),
    Event(Kind.GONE, "", "general", "hi"),
    Event(Kind.GIVE, "ada", "general", "hi"),  # it was on its way
    Event(Kind.TELL, "ada", "general", "hi"),
    Event(Kind.GONE, "", "p-1"),
    Event(Kind.GIVE, "max", "p-1", "secret"),
    Event(Kind.TELL, "ada", "p-1"),
    Event(Kind.TELL, "max", "p-1"),
    Event(Kind.ASK, "max"),
    Event(Kind.GIVE, "max", "general", "still there"),
)


def found(verdict: Gone) -> tuple[int, int, int, int]:
    """Return the counts of shown, leaks, untold and left over."""
    return (
        len(verdict.shown),
        len(verdict.leaks),
        len(verdict.untold),
        len(verdict.left_over),
    )


def test_a_good_history_passes() -> None:
    verdict = judge(GOOD, MEMBERS)
    assert found(verdict) == (0, 0, 0, 0) and not verdict.faults
    assert str(verdict) == (
        "1 messages and 1 rooms deleted, 5 texts given: 0 after their deletion, 0 to somebody who "
        "was no member; 0 members not told, 0 keys left"
    )


@pytest.mark.parametrize(
    "given", [Event(Kind.GIVE, "max", "general", "hi"), Event(Kind.GIVE, "max", "p-1", "secret")]
)
def test_what_a_request_after_the_deletion_is_answered_with_is_a_fault(given: Event) -> None:
    assert found(judge([*GOOD, given], MEMBERS)) == (1, 0, 0, 0)


def test_a_text_that_is_given_to_who_was_told_of_its_deletion_is_a_fault() -> None:
    given = Event(Kind.GIVE, "ada", "general", "hi")
    assert found(judge([*GOOD, given], MEMBERS)) == (1, 0, 0, 0)


def test_a_text_of_a_removed_room_that_is_given_to_who_was_told_is_a_fault() -> None:
    given = Event(Kind.GIVE, "ada", "p-1", "another secret")
    assert found(judge([*GOOD, given], MEMBERS)) == (1, 0, 0, 0)


def test_a_text_of_a_private_room_that_is_given_to_a_stranger_is_a_fault() -> None:
    given = Event(Kind.GIVE, "eve", "p-1", "secret")
    assert found(judge([*GOOD[:7], given], MEMBERS)) == (0, 1, 0, 0)


def test_a_member_who_is_not_told_that_the_room_is_gone_is_a_fault() -> None:
    history = [event for event in GOOD if event != Event(Kind.TELL, "max", "p-1")]
    assert found(judge(history, MEMBERS)) == (0, 0, 1, 0)


def test_who_did_not_know_that_they_were_in_a_room_need_not_be_told_of_its_end() -> None:
    events = (Event(Kind.TELL, "max", "p-1"), Event(Kind.JOIN, "max", "p-1"))
    assert found(judge([e for e in GOOD if e not in events], MEMBERS)) == (0, 0, 0, 0)


def test_a_key_of_a_removed_room_is_a_fault() -> None:
    assert found(judge(GOOD, MEMBERS, ["parley:{p-1}:head"])) == (0, 0, 0, 1)
