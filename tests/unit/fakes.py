"""Stand-ins for what the parts under test are given: the time, a socket, entries of a log."""

import asyncio
import json
import struct
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from chat.backplane.values import Setting, ValueStore
from chat.protocol.codes import Disconnect
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry, MessageBody
from chat.protocol.pushes import Person
from chat.rooms import LOBBY

ADA, BOB = Person(user="ada", name="Ada"), Person(user="bob", name="Bob")
EPOCH = "e1"
WAIT_S = 10  # for what comes at once; only a failing test waits so long
TIME = "2024-05-01T12:00:00.000Z"


class SetClock:
    """A clock that tests move; both readings are ``now``."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now


class FakeSink:
    """Remembers what was written. ``is_stuck``: the network takes nothing; ``asks``: its ping."""

    def __init__(self, *, is_stuck: bool = False, asks: bytes = b"") -> None:
        self.is_stuck = is_stuck
        self.asks = asks
        self.chunks: list[bytes] = []
        self.ended: Disconnect | None = None
        self.on_write: Callable[[], None] = lambda: None
        self._changed = asyncio.Event()

    @property
    def data(self) -> bytes:
        return b"".join(self.chunks)

    @property
    def pushes(self) -> list[dict[str, Any]]:
        """What was written to a WebSocket, decoded."""
        return decode_frames(self.data)

    @property
    def offsets(self) -> list[int]:
        """The offsets of the messages among the pushes, in their order."""
        return [push["offset"] for push in self.pushes if push["type"] == "message"]

    def ping(self) -> bytes:
        """Nobody is there to answer."""
        return self.asks

    def write(self, chunk: bytes) -> int:
        assert self.ended is None, "written to after its end"
        self.chunks.append(chunk)
        self._changed.set()
        self.on_write()
        return len(self.data) if self.is_stuck else 0

    async def drained(self) -> None:
        """A list takes everything at once."""

    def end(self, disconnect: Disconnect) -> None:
        assert self.ended is None, "ended twice"
        self.ended = disconnect
        self._changed.set()

    def of_type(self, type_: str) -> list[dict[str, Any]]:
        return [push for push in self.pushes if push["type"] == type_]

    async def until(self, is_so: Callable[["FakeSink"], bool]) -> None:
        """Return when ``is_so`` holds of this sink."""
        async with asyncio.timeout(WAIT_S):
            while not is_so(self):
                self._changed.clear()
                await self._changed.wait()


def decode_frames(data: bytes) -> list[dict[str, Any]]:
    """Return the JSON of whole, unmasked text frames, read as RFC 6455 section 5.2 has them."""
    values = []
    while data:
        first, length = struct.unpack_from("!BB", data)
        assert first == 0x81, "no single text frame"
        start = 2
        if length == 126:
            (length,), start = struct.unpack_from("!H", data, 2), 4
        elif length == 127:
            (length,), start = struct.unpack_from("!Q", data, 2), 10
        payload, data = data[start : start + length], data[start + length :]
        assert len(payload) == length, "cut short"
        values.append(json.loads(payload))
    return values


def message(
    offset: int,
    text: str = "hi",
    *,
    room: str = LOBBY,
    epoch: str = EPOCH,
    by: Person = ADA,
    mentions: Sequence[str] = (),
) -> Entry:
    """Return a message as it stands in a log."""
    body = MessageBody(
        user=by.user,
        name=by.name,
        time=TIME,
        key=f"k{offset}",
        text=text,
        html=f"<p>{text}</p>",
        mentions=list(mentions),
    )
    return Entry(room, Position(epoch, offset), "message", body.encode())


def messages(offsets: Iterable[int], *, room: str = LOBBY) -> list[Entry]:
    return [message(offset, room=room) for offset in offsets]


class MemoryValues(ValueStore):
    """Values that belong to no log, in memory."""

    def __init__(self) -> None:
        self.groups: dict[str, dict[str, bytes]] = {}

    async def of(self, key: str, groups: Collection[str]) -> dict[str, bytes]:
        found = ((group, self.groups.get(group, {})) for group in groups)
        return {group: values[key] for group, values in found if key in values}

    async def all(self, group: str) -> dict[str, bytes]:
        return dict(self.groups.get(group, {}))

    async def each(self, groups: Collection[str]) -> dict[str, dict[str, bytes]]:
        return {group: dict(values) for group in groups if (values := self.groups.get(group))}

    async def put(self, settings: Iterable[Setting]) -> None:
        for group, key, value in settings:
            if value is None:
                self.groups.get(group, {}).pop(key, None)
            else:
                self.groups.setdefault(group, {})[key] = value

    async def clear(self, group: str) -> None:
        self.groups.pop(group, None)
