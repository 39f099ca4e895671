"""One client in a room: reads by one transport, perhaps talks, and keeps account of all of it."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

from chat.client import Parley, Push, State, connect
from tests.chaos.checker import Event, Kind, event_of
from tests.support.record import Place


class Member:
    """Is connected while in ``async with``; ``history`` is the room's, for tests.chaos.checker."""

    def __init__(
        self, url: str, room: str, transport: str, number: int, history: list[Event]
    ) -> None:
        self.name = f"{room}-{transport}-{number}"
        self.room = room
        self.transport = transport
        self.place: Place = ("", 0)  # of the last entry that came
        self.lost_at: list[float] = []  # when it was without a connection, by time.monotonic
        self.back_at: list[float] = []  # and when it had one again
        self.late_s: list[float] = []  # from when a message was stored to when it came
        self.refusals: list[str] = []  # why an attach or a negotiation failed
        self._history = history
        self._parley = connect(url, room, transports=[transport], on_change=self._changed)
        self._is_counting = False

    async def __aenter__(self) -> "Member":
        await self._parley.__aenter__()
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._parley.__aexit__()
        await self._reading

    @property
    def is_connected(self) -> bool:
        return self._parley.state is State.CONNECTED

    @property
    def gaps_s(self) -> list[float]:
        """How long each stay without a connection took."""
        return [back - lost for lost, back in zip(self.lost_at, self.back_at, strict=False)]

    async def greet(self) -> Place:
        """Say something that everybody hears who is here; return its place."""
        reply = await self._parley.send(self.room, "all are here", key=f"{self.name}-greets")
        return reply["epoch"], reply["offset"]

    def begin(self) -> None:
        """Keep account of what comes after the last entry that came."""
        self._is_counting = True
        self._history.append(Event(Kind.BEGIN, self.name, place=self.place))

    async def talk(self, every_s: float, is_over: Callable[[], bool]) -> None:
        """Say something each ``every_s`` until ``is_over``; the last is answered, too."""
        number = 0
        next_s = time.monotonic()
        while not is_over():
            number += 1
            key = f"{self.name}-{number}"
            self._history.append(Event(Kind.SEND, self.name, key))
            reply = await self._parley.send(self.room, key, key=key)
            self._history.append(Event(Kind.OK, self.name, key, (reply["epoch"], reply["offset"])))
            next_s += every_s
            await asyncio.sleep(max(0.0, next_s - time.monotonic()))

    def _changed(self, parley: Parley) -> None:
        if not self._is_counting:
            return
        is_without = len(self.lost_at) > len(self.back_at)
        if parley.state is State.CONNECTED:
            if is_without:
                self.back_at.append(time.monotonic())
        elif parley.state is State.WAITING:
            self.refusals.append(parley.reason)
            if not is_without:
                self.lost_at.append(time.monotonic())

    async def _read(self) -> None:
        async for push in self._parley:
            if event := event_of(self.name, push):
                self.place = event.place
                if self._is_counting:
                    self._take(event, push)

    def _take(self, event: Event, push: Push) -> None:
        self._history.append(event)
        if push["type"] == "message":
            stored = datetime.fromisoformat(push["time"])
            self.late_s.append(time.time() - stored.timestamp())
