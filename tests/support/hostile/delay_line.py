"""One direction of a long link: data comes out later, in order, at any throughput."""

import asyncio
from collections import deque
from collections.abc import Callable

# The most data in flight. With 25 ms of delay that is 160 MB/s: more than tests send, and a
# receiver that does not read still slows its sender down.
WINDOW_BYTES = 4 << 20


class DelayLine:
    """Carries chunks to ``writer``, each ``delay_s`` after it went in, and then the end.

    Nothing leaves before ``opens_at`` plus the delay (the connection is still being set up), nor
    while ``is_alive`` is not set (the link is dead: data on it waits, as TCP would repeat it).
    """

    def __init__(
        self,
        writer: asyncio.StreamWriter,
        delay_s: float,
        *,
        opens_at: float,
        is_alive: asyncio.Event,
        on_passed: Callable[[], None] = lambda: None,
    ) -> None:
        """Call ``on_passed`` when a chunk has come out."""
        self._writer = writer
        self._on_passed = on_passed
        self._delay_s = delay_s
        self._opens_at = opens_at
        self._is_alive = is_alive
        self._loop = asyncio.get_running_loop()
        self.put_at = self._loop.time()  # when data last went in
        self._under_way: deque[tuple[float, bytes | None]] = deque()
        self._under_way_bytes = 0
        self._has_more = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()

    def put(self, chunk: bytes | None) -> None:
        """Queue ``chunk``; None is the end."""
        self.put_at = self._loop.time()
        due = max(self.put_at, self._opens_at) + self._delay_s
        self._under_way.append((due, chunk))
        self._under_way_bytes += len(chunk or b"")
        self._has_more.set()
        if self._under_way_bytes > WINDOW_BYTES:
            self._has_room.clear()

    async def has_room(self) -> None:
        """Wait until no more than WINDOW_BYTES are in flight."""
        await self._has_room.wait()

    async def run(self) -> None:
        """Carry chunks until the end has come out. Raises OSError if the receiver is gone."""
        while True:
            await self._has_more.wait()
            due, chunk = self._under_way.popleft()
            if not self._under_way:
                self._has_more.clear()
            if (wait_s := due - self._loop.time()) > 0:
                await asyncio.sleep(wait_s)
            await self._is_alive.wait()
            if chunk is None:
                return
            self._writer.write(chunk)
            await self._writer.drain()
            self._on_passed()
            self._under_way_bytes -= len(chunk)
            if self._under_way_bytes <= WINDOW_BYTES:
                self._has_room.set()
