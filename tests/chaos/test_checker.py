"""The checker finds each kind of failure, and nothing in a history without one."""

from collections.abc import Iterable

import pytest

from tests.chaos.checker import Event, Kind, Stored, Verdict, judge

GOOD = (
    Event(Kind.BEGIN, "reader", place=("e", 0)),
    Event(Kind.SEND, "writer", "a"),
    Event(Kind.RECEIVE, "reader", "a", ("e", 1)),
    Event(Kind.OK, "writer", "a", ("e", 1)),
    Event(Kind.SEND, "writer", "b"),
    Event(Kind.UNKNOWN, "writer", "b"),
    Event(Kind.REFUSED, "writer", "b"),
    Event(Kind.OK, "writer", "b", ("e", 2)),
    Event(Kind.RECEIVE, "reader", "b", ("e", 2)),
    Event(Kind.SEND, "writer", "c"),
    Event(Kind.UNKNOWN, "writer", "c"),
    Event(Kind.RECEIVE, "reader", "c", ("e", 3)),
)
LOG = (Stored("e", 1, "a"), Stored("e", 2, "b"), Stored("e", 3, "c"))


def found(verdict: Verdict) -> tuple[int, int, int, int]:
    """Return the counts of lost, duplicated, out of order and holes."""
    return (
        len(verdict.lost),
        len(verdict.duplicated),
        len(verdict.out_of_order),
        len(verdict.holes),
    )


def judged(history: Iterable[Event], log: Iterable[Stored] = LOG) -> tuple[int, int, int, int]:
    kept = list(log)
    return found(judge(list(history), kept, kept[-1].place))


def without(*gone: Event) -> list[Event]:
    return [event for event in GOOD if event not in gone]


def test_a_good_history_passes() -> None:
    verdict = judge(GOOD, LOG, ("e", 3))
    assert not verdict.faults
    assert str(verdict) == (
        "acknowledged 2, lost 0, duplicated 0, out of order 0, holes without resync 0"
    )


def test_what_was_never_answered_may_be_missing_or_stored() -> None:
    assert judged(GOOD[:-1], LOG[:-1]) == (0, 0, 0, 0)
    assert judged(GOOD) == (0, 0, 0, 0)


def test_an_acknowledged_message_that_is_not_in_the_log_is_lost() -> None:
    others = [event for event in GOOD if event.who == "writer"]
    assert judged(others, [LOG[0], LOG[2]]) == (1, 0, 0, 0)


def test_an_acknowledged_message_that_stands_elsewhere_in_the_log_is_lost() -> None:
    others = [event for event in GOOD if event.who == "writer"]
    assert judged(others, [LOG[0], Stored("e", 4, "b")]) == (1, 0, 0, 0)


def test_an_acknowledged_message_that_a_reader_never_saw_is_lost() -> None:
    assert judged(without(GOOD[8], GOOD[11])) == (1, 0, 0, 0)


def test_another_entry_where_one_was_acknowledged_means_that_one_was_lost() -> None:
    forked = [event._replace(key="x") if event == GOOD[8] else event for event in GOOD]
    assert judged(forked) == (1, 0, 0, 0)


@pytest.mark.parametrize("place", [("e", 1), ("e", 2)])
def test_an_entry_shown_again_is_duplicated(place: tuple[str, int]) -> None:
    key = {1: "a", 2: "b"}[place[1]]
    again = Event(Kind.RECEIVE, "reader", key, place)
    assert judged([*GOOD, again]) == (0, 1, 0, 0)


def test_a_key_that_stands_in_the_log_twice_is_duplicated_there_and_for_the_reader() -> None:
    again = Event(Kind.RECEIVE, "reader", "a", ("e", 4))
    assert judged([*GOOD, again], [*LOG, Stored("e", 4, "a")])[1] == 2


def test_a_key_acknowledged_at_two_places_is_duplicated() -> None:
    again = Event(Kind.OK, "writer", "b", ("e", 3))
    assert judged([*GOOD, again])[1] == 1


def test_an_entry_that_comes_after_a_later_one_is_a_hole_and_out_of_order() -> None:
    swapped = [*GOOD[:8], GOOD[11], *GOOD[9:11], GOOD[8]]
    assert judged(swapped) == (0, 0, 1, 1)


def test_a_log_that_turns_the_order_of_two_answered_sends_round_is_out_of_order() -> None:
    places = {"a": ("e", 2), "b": ("e", 1)}
    turned = [
        event._replace(place=places[event.key]) if event.kind is Kind.OK else event
        for event in GOOD
        if event.who == "writer"
    ]
    assert judged(turned, [Stored("e", 1, "b"), Stored("e", 2, "a")]) == (0, 0, 1, 0)


def test_sends_that_overlap_may_stand_in_either_order() -> None:
    overlapping = [
        Event(Kind.SEND, "one", "a"),
        Event(Kind.SEND, "two", "b"),
        Event(Kind.OK, "one", "a", ("e", 2)),
        Event(Kind.OK, "two", "b", ("e", 1)),
    ]
    assert judged(overlapping, [Stored("e", 1, "b"), Stored("e", 2, "a")]) == (0, 0, 0, 0)


def test_an_offset_left_out_is_a_hole() -> None:
    assert judged(without(GOOD[8])) == (0, 0, 0, 1)


def test_an_offset_left_out_behind_a_resync_is_none() -> None:
    told = Event(Kind.RESYNC, "reader", place=("e", 2))
    history = [told if event == GOOD[8] else event for event in GOOD]
    assert judged(history) == (0, 0, 0, 0)
    assert judge(history, LOG, ("e", 3)).resyncs == 1


def test_another_epoch_without_a_resync_is_a_hole() -> None:
    renewed = [stored._replace(epoch="f") for stored in LOG]
    history = [*GOOD, Event(Kind.RECEIVE, "reader", "d", ("f", 4))]
    assert judged(history, [*renewed, Stored("f", 4, "d")]) == (0, 0, 0, 1)


def test_another_epoch_with_a_resync_is_none_and_may_repeat_what_was_shown() -> None:
    history = [
        *GOOD,
        Event(Kind.RESYNC, "reader", place=("f", 0)),
        Event(Kind.RECEIVE, "reader", "a", ("f", 1)),
        Event(Kind.RECEIVE, "reader", "b", ("f", 2)),
    ]
    assert judged(history, [Stored("f", 1, "a"), Stored("f", 2, "b")]) == (0, 0, 0, 0)


def test_a_reader_that_is_left_in_an_old_epoch_is_a_hole() -> None:
    renewed = [stored._replace(epoch="f") for stored in LOG]
    assert judged(GOOD, renewed) == (0, 0, 0, 1)


def test_entries_that_are_no_messages_count_as_places() -> None:
    joined = Event(Kind.RECEIVE, "reader", "", ("e", 4))
    left = Event(Kind.RECEIVE, "reader", "", ("e", 5))
    assert judged([*GOOD, joined, left]) == (0, 0, 0, 0)
    assert judged([*GOOD, joined, joined]) == (0, 1, 0, 0)
