"""The checker names each message that the search misses, repeats or makes up."""

from tests.chaos.found import compare

THERE = {3: "websocket-0-1", 5: "sse-1-1"}


def test_all_that_is_there_and_once_is_good() -> None:
    assert compare(THERE, [(5, "sse-1-1"), (3, "websocket-0-1")]) == []


def test_what_is_missing_repeated_or_not_there_is_named() -> None:
    faults = compare(THERE, [(5, "sse-1-1"), (5, "sse-1-1"), (9, "sse-1-2"), (3, "an old text")])
    assert faults == [
        "websocket-0-1 is not found",
        "sse-1-1 is found 2 times",
        "an old text is found, and is not there",
        "sse-1-2 is found, and is not there",
    ]
