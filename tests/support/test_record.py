"""The checks of Record notice lost, repeated and reordered entries."""

import pytest

from tests.support.record import Record

STORED = [("e", 1, "a"), ("e", 2, "b"), ("e", 3, "c")]


def heard(*offsets: int, epoch: str = "e") -> Record:
    """Return a record that begins after the first message of STORED."""
    record = Record({"general": ("e", 1)})
    for offset in offsets:
        place = {"room": "general", "epoch": epoch, "offset": offset}
        record.take({"type": "message", "key": "?abcd"[offset], **place})
    return record


def test_all_entries_in_order_pass() -> None:
    record = heard(2, 3)
    record.check_unbroken()
    record.check_heard_all(STORED)
    assert record.cursor == "general:e:3"


@pytest.mark.parametrize("offsets", [(), (2,), (3,), (3, 2), (2, 2, 3), (2, 3, 4)])
def test_lost_repeated_reordered_and_unknown_messages_are_noticed(offsets: list[int]) -> None:
    with pytest.raises(AssertionError):
        record = heard(*offsets)
        record.check_heard_all(STORED)
        record.check_unbroken()


def test_a_known_entry_is_dropped() -> None:
    record = heard(2, 2, 1, 3)
    record.check_unbroken()
    assert [message["offset"] for message in record.messages] == [2, 3]


def test_another_epoch_without_a_resync_is_a_hole() -> None:
    with pytest.raises(AssertionError):
        heard(2, epoch="f").check_unbroken()


def test_after_a_resync_it_goes_on_from_there() -> None:
    record = heard(2)
    record.take({"type": "resync", "room": "general", "epoch": "f", "offset": 7})
    record.take({"type": "message", "key": "x", "room": "general", "epoch": "f", "offset": 8})
    assert (record.resyncs, record.holes) == ([("f", 7)], [])
    with pytest.raises(AssertionError):
        record.check_unbroken()
