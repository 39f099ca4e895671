from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime

import pytest

from chat.backplane.records import RoomInfo
from chat.protocol.cursor import Position
from chat.service.retention import Retention
from tests.support.aio import in_a_loop
from tests.unit.fakes import SetClock

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC).timestamp()
STEPS = 3


class Store:
    """Has the settings of rooms; each trim has STEPS steps."""

    def __init__(self, **settings: bytes) -> None:
        self.settings = settings
        self.trimmed: Counter[tuple[str, int | None, str | None]] = Counter()

    async def rooms(self) -> list[RoomInfo]:
        return [RoomInfo(room, Position("e", 1)) for room in self.settings]

    async def records(self, room: str, keys: Collection[str]) -> dict[str, bytes]:
        return {"settings": self.settings[room]} if self.settings[room] else {}

    async def trim(self, room: str, *, keep: int | None, before: str | None) -> bool:
        self.trimmed[room, keep, before] += 1
        return self.trimmed[room, keep, before] < STEPS


@pytest.mark.parametrize(
    ("settings", "site_days", "bounds"),
    [
        (b"", None, None),
        (b'{"topic":"cats"}', None, None),
        (b'{"keep_messages":100}', None, (100, None)),
        (b'{"keep_days":7}', None, (None, "2026-11-22T12:00:00.000Z")),
        (b"", 1, (None, "2026-11-28T12:00:00.000Z")),
        (b'{"keep_days":7}', 1, (None, "2026-11-28T12:00:00.000Z")),
        (b'{"keep_days":1,"keep_messages":5}', 7, (5, "2026-11-28T12:00:00.000Z")),
    ],
)
def test_a_room_keeps_what_its_settings_and_the_site_s_both_allow(
    settings: bytes, site_days: int | None, bounds: tuple[int | None, str | None] | None
) -> None:
    store = Store(dev=settings)

    @in_a_loop(10)
    async def run() -> None:
        retention = Retention(store, SetClock(NOW), keep_days=site_days)  # type: ignore[arg-type]
        await retention.run()

    run()
    assert store.trimmed == ({("dev", *bounds): STEPS} if bounds else {})
