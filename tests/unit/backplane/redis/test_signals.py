"""Signals reach whoever handles them; those that can't be read are dropped."""

from typing import Any
from unittest import IsolatedAsyncioTestCase

from chat.backplane.redis.blocklist import NEW_BLOCKS
from chat.backplane.redis.feed import SUBSCRIBED
from chat.backplane.redis.keys import Keys
from chat.backplane.redis.presence import PRESENCE_CHANGED
from chat.backplane.redis.signals import Attached, Joined, Left, MarkedRead, Signals
from chat.protocol.cursor import Position
from chat.protocol.pushes import Read, Typing


class Record:
    """Stands in for the listener, the feed, the leases and the block list: records their calls."""

    def __init__(self, rooms: dict[str, str]) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.pushes = self
        self._rooms = rooms

    def room_of(self, channel: str) -> str | None:
        return self._rooms.get(channel)

    async def delivered(self, room: str) -> None:
        self.calls.append(("delivered", room))

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **named: self.calls.append((name, *args, *named.values()))


class Wire:
    """Stands in for the store: passes what is published back to ``signals``."""

    def __init__(self) -> None:
        self.keys = Keys()
        self.signals: Signals | None = None

    async def run(self, command: str, channel: str, payload: bytes) -> None:
        assert command == "PUBLISH" and self.signals is not None
        self.signals.receive(channel, payload)


class TestSignals(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        wire: Any = Wire()
        self.keys: Keys = wire.keys
        self.record: Any = Record({self.keys.feed("general"): "general"})
        self.signals = wire.signals = Signals(
            store=wire,
            publish="PUBLISH",
            listener=self.record,
            feed=self.record,
            leases=self.record,
            blocklist=self.record,
        )
        self.addAsyncCleanup(self.signals.stop)

    async def test_a_users_signals_reach_the_listener(self) -> None:
        read = Read(room="general", offset=3, unread=1)
        await self.signals.send("ada", Joined("general", "e", 2))
        await self.signals.send("ada", Joined("general", "e", 2, is_repeated=True))
        await self.signals.send("ada", Attached("s1", "a1"))
        await self.signals.send("ada", MarkedRead(read))
        assert self.record.calls == [
            ("on_joined", "ada", "general", Position("e", 2), False),
            ("on_joined", "ada", "general", Position("e", 2), True),
            ("on_attached", "ada", "s1", "a1"),
            ("on_user_push", "ada", read),
        ]

    async def test_what_a_user_may_have_missed_is_told_when_the_channel_is_back(self) -> None:
        self.signals.receive(self.keys.user_feed("ada"), SUBSCRIBED)
        assert self.record.calls == [("on_missed", "ada")]

    async def test_a_leave_waits_for_its_entry(self) -> None:
        await self.signals.send("ada", Left("general"))
        await self.signals._leaving.finish()
        assert self.record.calls == [("delivered", "general"), ("on_missed", "ada", "general")]

    async def test_a_rooms_signals_reach_presence_and_the_listener(self) -> None:
        typing = Typing(room="general", user="ada", name="Ada")
        await self.signals.send_to_room("general", typing)
        self.signals.receive(self.keys.feed("general"), PRESENCE_CHANGED)
        assert self.record.calls == [("on_room_push", "general", typing), ("changed", "general")]

    async def test_the_block_list_is_read_when_it_changed_and_anew_after_an_interruption(
        self,
    ) -> None:
        self.signals.receive(self.keys.all_instances, NEW_BLOCKS)
        self.signals.receive(self.keys.all_instances, SUBSCRIBED)
        assert self.record.calls == [("read_soon",), ("read_again",)]

    async def test_what_is_not_known_or_of_a_room_just_let_go_is_dropped(self) -> None:
        self.signals.receive(self.keys.user_feed("ada"), b'ada\n{"type":"newer"}')
        self.signals.receive(self.keys.feed("gone"), PRESENCE_CHANGED)
        self.signals.receive(self.keys.feed("gone"), b"typing {}")
        assert self.record.calls == []
