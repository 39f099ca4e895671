"""What is at hand of the newest entries is what the tables have, or is not given."""

import pytest

from chat.backplane.embedded.recent import ALL_BYTES, BURST, ENTRIES, ROOMS, RecentEntries
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry


def entry(offset: int, room: str = "general", epoch: str = "e1", *, size_bytes: int = 2) -> Entry:
    return Entry(room, Position(epoch, offset), "message", bytes(size_bytes))


def filled(*offsets: int, keep: int | None = None) -> RecentEntries:
    recent = RecentEntries(keep)
    for offset in offsets:
        recent.add(entry(offset))
    return recent


def offsets(recent: RecentEntries, since: int, limit: int = 200) -> tuple[list[int], bool] | None:
    page = recent.read("general", Position("e1", since), limit=limit)
    return None if page is None else ([e.position.offset for e in page.entries], page.more)


def test_what_is_behind_a_position_is_given_up_to_the_limit() -> None:
    recent = filled(5, 6, 7)
    assert offsets(recent, 4) == ([5, 6, 7], False)
    assert offsets(recent, 6) == ([7], False)
    assert offsets(recent, 7) == ([], False)
    assert offsets(recent, 4, limit=2) == ([5, 6], True)
    assert offsets(recent, 4, limit=3) == ([5, 6, 7], False)


def test_what_is_not_at_hand_is_asked_of_the_tables() -> None:
    recent = filled(5, 6, 7)
    assert offsets(recent, 3) is None
    assert offsets(recent, 8) is None  # past the end: they say what that means
    assert recent.read("general", Position("e2", 6), limit=9) is None
    assert recent.read("dev", Position("e1", 6), limit=9) is None


def test_of_a_room_its_newest_are_kept_and_what_came_just_now() -> None:
    recent = filled(*range(1, BURST + ENTRIES + 1))
    assert offsets(recent, ENTRIES - 1) is None
    assert offsets(recent, ENTRIES, limit=1) == ([ENTRIES + 1], True)
    for offset in range(1, BURST + 1):
        recent.add(entry(offset, "dev"))
    last = BURST + ENTRIES
    assert offsets(recent, last - ENTRIES - 1) is None
    assert offsets(recent, last - ENTRIES) == ([*range(last - ENTRIES + 1, last + 1)], False)


def test_of_those_that_came_together_as_many_are_kept() -> None:
    recent, together = RecentEntries(None), 100
    for first in range(1, 2 * BURST, together):
        recent.add(*map(entry, range(first, first + together)))
    last = first + together - 1
    assert offsets(recent, last - BURST, limit=1) == ([last - BURST + 1], True)
    assert offsets(recent, last - BURST - together - ENTRIES) is None


def test_no_more_are_kept_than_the_tables_keep() -> None:
    recent = filled(*range(1, 12), keep=10)
    assert offsets(recent, 0) is None
    assert offsets(recent, 1) == ([*range(2, 12)], False)
    recent.add(*map(entry, range(12, 15)))
    assert offsets(recent, 3) is None
    assert offsets(recent, 4) == ([*range(5, 15)], False)


def test_rooms_that_were_not_talked_in_for_longest_go() -> None:
    recent, since = RecentEntries(None), Position("e1", 0)
    for number in range(ROOMS):
        recent.add(entry(1, f"room{number}"))
    recent.add(entry(2, "room0"))
    assert recent.read("room1", since, limit=9) is not None
    recent.add(entry(1, "one-more"))
    assert recent.read("room0", since, limit=9) is not None
    assert recent.read("room1", since, limit=9) is None
    assert recent.read("room2", since, limit=9) is not None


@pytest.mark.parametrize("removed", [False, True])
def test_all_together_have_at_most_so_many_bytes(*, removed: bool) -> None:
    size_bytes = 32 << 10
    recent, since = RecentEntries(None), Position("e1", 0)
    many = ALL_BYTES // size_bytes + 1  # by the bodies alone
    for number in range(many):
        recent.add(entry(1, f"room{number}", size_bytes=size_bytes))
        if removed:
            recent.replace(entry(1, f"room{number}"))
    assert (recent.read("room0", since, limit=9) is None) is not removed
    assert recent.read(f"room{many - 1}", since, limit=9) is not None


def test_what_pours_into_one_room_drives_out_no_other() -> None:
    recent = filled(1)
    for offset in range(1, BURST):
        recent.add(entry(offset, "dev", size_bytes=32 << 10))
    assert offsets(recent, 0) == ([1], False)
    assert recent.read("dev", Position("e1", BURST - 1 - ENTRIES), limit=9) is not None
    assert recent.read("dev", Position("e1", BURST // 2), limit=9) is None


def test_what_was_forgotten_leaves_room_for_others() -> None:
    recent = RecentEntries(None)
    for number in range(3 * ROOMS):
        recent.add(entry(1, f"room{number}"))
        recent.forget(f"room{number}")
    for number in range(ROOMS):
        recent.add(entry(1, f"room{number}"))
    assert recent.read("room0", Position("e1", 0), limit=9) is not None
