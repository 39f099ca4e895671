"""Whoever notifies devices may die at any moment: each device is told of each message."""

from tests.chaos.deliveries import compare, run

KILLS = 4
SEED = 7


def test_what_is_missing_or_was_never_due_is_named() -> None:
    assert compare({"a", "b"}, ["b", "a", "b"]) == []
    assert compare({"a", "b"}, ["b", "c"]) == [
        "a device was not told of a",
        "a device was told of c",
    ]


def test_an_instance_that_notifies_and_is_killed_again_and_again_leaves_nobody_out() -> None:
    verdict = run(KILLS, SEED)
    assert verdict.faults == []
    assert verdict.due > 50 and verdict.kills == KILLS, verdict
