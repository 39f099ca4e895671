"""Redis is known to have lost entries if a log ends before the position that was last seen."""

from collections.abc import Callable, Collection
from unittest import IsolatedAsyncioTestCase

from chat.backplane.redis.seen import SeenPositions
from chat.errors import Unavailable
from chat.metrics.store import StoreMetrics
from chat.protocol.codes import Code
from chat.protocol.cursor import Position


class Logs:
    """The heads of logs; a renewed one begins epoch ``new``."""

    def __init__(self) -> None:
        self.held: dict[str, Position | None] = {}
        self.is_away = False
        self.meanwhile: Callable[[], None] = lambda: None

    async def heads(self, rooms: Collection[str]) -> dict[str, Position | None]:
        if self.is_away:
            raise Unavailable(Code.UNAVAILABLE, "It is away.", retry_ms=1)
        heads = {room: self.held.get(room) for room in rooms}
        self.meanwhile()
        return heads

    async def renew(self, room: str, seen: Position) -> Position:
        return Position("new", 0)


class TestSeenPositions(IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.logs, self.metrics = Logs(), StoreMetrics()
        self.seen = SeenPositions(self.logs, self.metrics)  # type: ignore[arg-type]
        self.seen.note("room", Position("e", 5))

    def test_a_position_never_goes_back_within_an_epoch(self) -> None:
        self.seen.note("room", Position("e", 4))
        assert self.seen.of("room") == Position("e", 5)
        self.seen.note("room", Position("f", 1))
        assert self.seen.of("room") == Position("f", 1)

    async def test_a_log_that_ends_before_it_begins_a_new_epoch(self) -> None:
        self.logs.held["room"] = Position("e", 4)
        with self.assertLogs("chat.backplane.redis.seen", "WARNING"):
            await self.seen.verify()
        assert self.seen.of("room") == Position("new", 0)
        assert self.metrics.resets == 1

    async def test_a_log_that_goes_on_from_it_stays(self) -> None:
        self.logs.held["room"] = Position("e", 6)
        await self.seen.verify()
        assert self.seen.of("room") == Position("e", 5)
        assert self.metrics.resets == 0

    async def test_what_is_stored_while_logs_are_asked_for_is_not_lost(self) -> None:
        self.logs.held["room"] = Position("e", 5)
        self.logs.meanwhile = lambda: self.seen.note("room", Position("e", 6))
        await self.seen.verify()
        assert self.seen.of("room") == Position("e", 6)
        assert self.metrics.resets == 0

    async def test_a_removed_room_is_forgotten(self) -> None:
        await self.seen.forget_removed()
        assert self.seen.of("room") is None

    async def test_it_stays_unsure_until_it_could_be_verified(self) -> None:
        self.logs.is_away = self.seen.is_unsure = True
        with self.assertRaises(Unavailable):
            await self.seen.verify()
        assert self.seen.is_unsure
        self.logs.is_away = False
        await self.seen.verify()
        assert not self.seen.is_unsure
