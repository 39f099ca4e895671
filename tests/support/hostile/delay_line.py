"""One direction of a long wire: what goes in comes out later, in order, at any throughput."""

import asyncio
from collections import deque

# What is under way at once. With 25 ms of delay that is 160 MB/s: more than tests send, and a
# receiver that does not read still slows its sender down.
WINDOW_BYTES = 4 << 20


class DelayLine:
    """Carries chunks to ``writer``, each ``delay_s`` after it went in, and the end behind them.

    Nothing leaves before ``opens_at`` plus the delay (the connection is still being set up), nor
    while ``is_alive`` is not set (the wire is dead: what is on it waits, as TCP would repeat it).
    """

    def __init__(
        self,
        writer: asyncio.StreamWriter,
        delay_s: float,
        *,
        opens_at: float,
        is_alive: asyncio.Event,
    ) -> None:
        self._writer = writer
        self._delay_s = delay_s
        self._opens_at = opens_at
        self._is_alive = is_alive
        self._loop = asyncio.get_running_loop()
        self.put_at = self._loop.time()  # when something last went in
        self._under_way: deque[tuple[float, bytes | None]] = deque()
        self._under_way_bytes = 0
        self._has_more = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()

    def put(self, chunk: bytes | None) -> None:
        """Send ``chunk`` on its way; None is the end."""
        self.put_at = self._loop.time()
        due = max(self.put_at, self._opens_at) + self._delay_s
        self._under_way.append((due, chunk))
        self._under_way_bytes += len(chunk or b"")
        self._has_more.set()
        if self._under_way_bytes > WINDOW_BYTES:
            self._has_room.clear()

    async def has_room(self) -> None:
        """Wait until there is less than a window under way."""
        await self._has_room.wait()

    async def run(self) -> None:
        """Carry; return when the end has come out. Raises OSError where nobody takes it."""
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
            self._under_way_bytes -= len(chunk)
            if self._under_way_bytes <= WINDOW_BYTES:
                self._has_room.set()
