import asyncio
from collections.abc import Collection

from chat.backplane.directory import FRESH_S, MAX_CACHED, Directory
from chat.backplane.records import SITE, Appended, Draft
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry, RoomChangedBody
from tests.support.aio import in_a_loop
from tests.unit.fakes import SetClock


class Store:
    """Holds records, and counts how often it is asked."""

    def __init__(self) -> None:
        self.values = {"settings": b"1"}
        self.tops: dict[str, Position] = {}
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def records(self, room: str, keys: Collection[str]) -> dict[str, bytes]:
        self.asked += 1
        found = {key: self.values[key] for key in keys if key in self.values}
        await self.gate.wait()
        return found

    async def positions(self, rooms: Collection[str]) -> dict[str, Position]:
        return {room: self.tops[room] for room in rooms if room in self.tops}

    async def append(self, draft: Draft) -> Appended:
        for change in draft.changes:
            self.values[change.key] = change.new or b""
        return Appended(Position("e", 1), True)


def entry(kind: str) -> Entry:
    return Entry("dev", Position("e", 2), kind, b"{}")


@in_a_loop(10)
async def test_a_record_is_asked_for_again_when_it_is_no_longer_fresh() -> None:
    store, clock = Store(), SetClock()
    directory = Directory(store, clock)  # type: ignore[arg-type]
    for _ in range(3):
        assert await directory.get("dev", "settings") == b"1"
        assert await directory.get("dev", "none") is None
    assert store.asked == 2
    store.values["settings"] = b"2"
    clock.now += FRESH_S
    assert await directory.get("dev", "settings") == b"2"


@in_a_loop(10)
async def test_where_all_entries_are_heard_of_a_record_is_asked_for_again_after_one() -> None:
    store, clock = Store(), SetClock()
    store.tops["dev"] = Position("e", 1)
    directory = Directory(store, clock, hears_all=True)  # type: ignore[arg-type]
    for _ in range(3):
        assert await directory.get("dev", "settings") == b"1"
        clock.now += FRESH_S
    assert store.asked == 1
    store.values["settings"] = b"2"
    directory.note([entry("room_changed")])
    assert await directory.get("dev", "settings") == b"2"


@in_a_loop(10)
async def test_the_records_of_a_room_that_another_process_makes_are_found() -> None:
    store, clock = Store(), SetClock()
    directory = Directory(store, clock, hears_all=True)  # type: ignore[arg-type]
    assert await directory.get("dev", "title") is None
    store.tops["dev"], store.values["title"] = Position("e", 1), b"Dev"
    clock.now += FRESH_S
    assert await directory.get("dev", "title") == b"Dev"


@in_a_loop(10)
async def test_the_site_is_asked_for_again_when_its_log_goes_on() -> None:
    store, clock = Store(), SetClock()
    store.tops[SITE] = Position("e", 1)
    directory = Directory(store, clock)  # type: ignore[arg-type]
    for _ in range(3):
        assert await directory.get(SITE, "settings") == b"1"
        clock.now += FRESH_S
    assert store.asked == 1
    store.values["settings"] = b"2"
    for top in (Position("e", 2), Position("f", 2), Position("f", 1)):
        store.tops[SITE] = top
        assert await directory.get(SITE, "settings") == b"2"
        clock.now += FRESH_S
    assert store.asked == 4


@in_a_loop(10)
async def test_an_entry_that_may_change_records_and_one_of_ours_are_seen_at_once() -> None:
    store = Store()
    directory = Directory(store, SetClock())  # type: ignore[arg-type]
    await directory.get("dev", "settings")
    store.values["settings"] = b"2"
    for kind in ("message", "reaction"):
        directory.note([entry(kind)])
    assert await directory.get("dev", "settings") == b"1"
    directory.note([entry("room_changed")])
    assert await directory.get("dev", "settings") == b"2"
    store.values["settings"] = b"3"
    body = RoomChangedBody(user="ada", name="Ada", time="t")
    await directory.commit(Draft(room="dev", user="ada", body=body))
    assert await directory.get("dev", "settings") == b"3"


@in_a_loop(10)
async def test_what_was_read_before_a_change_is_not_remembered_after_it() -> None:
    store = Store()
    directory = Directory(store, SetClock())  # type: ignore[arg-type]
    await directory.get("dev", "other")
    store.gate.clear()
    reading = asyncio.ensure_future(directory.get("dev", "settings"))
    await asyncio.sleep(0)
    store.values["settings"] = b"2"
    directory.note([entry("room_changed")])
    store.gate.set()
    assert await reading == b"1"
    assert await directory.get("dev", "settings") == b"2"


@in_a_loop(10)
async def test_only_so_many_records_are_remembered() -> None:
    store = Store()
    directory = Directory(store, SetClock())  # type: ignore[arg-type]
    for number in range(MAX_CACHED + 1):
        await directory.get(f"room-{number}", "settings")
    asked = store.asked
    await directory.get(f"room-{MAX_CACHED}", "settings")
    assert store.asked == asked
    await directory.get("room-0", "settings")
    assert store.asked == asked + 1


@in_a_loop(10)
async def test_only_so_many_records_of_one_log_are_remembered() -> None:
    store = Store()
    directory = Directory(store, SetClock())  # type: ignore[arg-type]
    for number in range(MAX_CACHED):
        await directory.get("!site", f"account/{number}")
    asked = store.asked
    await directory.get("!site", "account/0")
    assert store.asked == asked
    assert await directory.get("!site", "settings") == b"1"  # one too many: all are forgotten
    await directory.get("!site", "account/0")
    assert store.asked == asked + 2
