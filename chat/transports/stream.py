"""A socket as a sink: one write at a time, what comes meanwhile is joined and written next."""

import asyncio
from collections.abc import Callable
from typing import Final

from tornado.iostream import IOStream, StreamClosedError

from chat import sockets
from chat.protocol import codes
from chat.protocol.codes import Disconnect

# A reader that catches up gets its next page when most of the last one is on its way.
LOW_WATER_BYTES: Final = 64 << 10


class StreamSink:
    """Writes to an IOStream and knows how much of it the network has not taken."""

    def __init__(
        self, open_stream: Callable[[], IOStream], close: Callable[[Disconnect], None]
    ) -> None:
        """``open_stream`` is called at the first write, ``close`` when the last is done.

        ``open_stream`` raises StreamClosedError where there is no socket any more.
        """
        self._open_stream = open_stream
        self._close = close
        self._stream: IOStream | None = None
        self._patience_s = sockets.ANSWER_PATIENCE_S  # while it catches up
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._in_flight_bytes = 0
        self._ending: Disconnect | None = None
        self._drained = asyncio.Event()
        self._drained.set()

    @property
    def is_open(self) -> bool:
        """Whether anything was written."""
        return self._stream is not None

    @property
    def unsent_bytes(self) -> int:
        return self._waiting_bytes + self._in_flight_bytes

    def write(self, chunk: bytes) -> None:
        self._waiting.append(chunk)
        self._waiting_bytes += len(chunk)
        if not self._in_flight_bytes:
            self._write_on()
        if self.unsent_bytes > LOW_WATER_BYTES:
            self._drained.clear()

    async def drained(self) -> None:
        await self._drained.wait()

    def settle(self) -> None:
        """The reader is live: from now on it may be out of reach for a while."""
        self._patience_s = sockets.PATIENCE_S
        if self._stream is not None:
            sockets.set_patience(self._stream.socket, self._patience_s)

    def end(self, disconnect: Disconnect) -> None:
        self._ending = disconnect
        if disconnect is codes.SLOW_CONSUMER:  # waiting for it would keep what it holds up
            if self._stream is not None:
                sockets.drop_unsent(self._stream.socket)
            self.abort()
        elif not self._in_flight_bytes:
            self._close(disconnect)

    def abort(self) -> None:
        """Let go of the socket and of everything unsent."""
        self._waiting.clear()
        self._waiting_bytes = self._in_flight_bytes = 0
        self._drained.set()
        if self._stream is not None:
            self._stream.close()

    def _write_on(self) -> None:
        chunk = b"".join(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0
        try:
            if self._stream is None:
                self._stream = self._open_stream()
                sockets.set_patience(self._stream.socket, self._patience_s)
            future = self._stream.write(chunk)
        except StreamClosedError:
            self.abort()
            return
        if not future.done():
            self._in_flight_bytes = len(chunk)
            future.add_done_callback(self._on_written)

    def _on_written(self, future: "asyncio.Future[None]") -> None:
        if future.cancelled() or future.exception() is not None:
            self.abort()
            return
        self._in_flight_bytes = 0
        if self._waiting:
            self._write_on()
        if self.unsent_bytes <= LOW_WATER_BYTES:
            self._drained.set()
        if self._ending is not None and not self.unsent_bytes:
            self._close(self._ending)
