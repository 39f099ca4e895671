"""A socket taken over from HTTP, as a sink: what is written goes out at once, or waits its turn."""

import asyncio
from typing import Final

from chat import sockets
from chat.attach import Attachment
from chat.http.connection import HttpConnection
from chat.protocol import codes
from chat.protocol.codes import Disconnect

# A reader that catches up gets its next page when most of the last one is on its way.
LOW_WATER_BYTES: Final = 64 << 10


class StreamSink(asyncio.Protocol):
    """Writes to a socket, and knows how much of it the network has not taken.

    Begins closed to writing: what is written before ``take_over`` is kept for it. When the
    connection is lost, the attachment that it carries is detached.
    """

    __slots__ = ("attachment", "transport", "_drained", "_ending", "_is_over", "_waiting")

    def __init__(self) -> None:
        self.attachment: Attachment | None = None
        self.transport: asyncio.Transport | None = None
        self._waiting: list[bytes] = []
        self._ending: Disconnect | None = None
        self._is_over = False
        self._drained: asyncio.Future[None] | None = None  # awaited while there is much unsent

    def take_over(self, connection: HttpConnection, head: bytes) -> None:
        """Speak on ``connection`` from now on, and send ``head`` first."""
        self._waiting.insert(0, head)
        if connection.transport is None:
            self.abort()  # the client has hung up
        else:
            connection.give_to(self)

    def settle(self) -> None:
        """The reader is live: from now on it may be out of reach for a while."""
        if self.transport is not None:
            sockets.set_patience(self.transport, sockets.PATIENCE_S)

    # As chat.hub.Sink

    def write(self, chunk: bytes) -> int:
        transport = self.transport
        if transport is None:
            if not self._is_over:
                self._waiting.append(chunk)
            return sum(map(len, self._waiting))
        if transport.is_closing():
            return 0
        transport.write(chunk)
        return transport.get_write_buffer_size()

    async def drained(self) -> None:
        if self._drained is not None:
            await asyncio.shield(self._drained)

    def end(self, disconnect: Disconnect) -> None:
        if disconnect is codes.SLOW_CONSUMER:  # waiting for it would keep what it holds up
            if self.transport is not None:
                sockets.drop_unsent(self.transport)
            self.abort()
        elif self.transport is not None:
            self.close(disconnect)
        else:
            self._ending = disconnect

    def abort(self) -> None:
        """Let go of the socket and of everything unsent."""
        self._is_over = True
        self._waiting.clear()
        if self.transport is not None:
            self.transport.abort()
        else:
            self._detach()

    def close(self, disconnect: Disconnect) -> None:
        """Close the socket when all is sent."""
        if self.transport is not None:
            self.transport.close()

    # As asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        if self._is_over:
            transport.abort()
            return
        self.transport = transport
        sockets.set_patience(transport, sockets.ANSWER_PATIENCE_S)  # while it catches up
        transport.set_write_buffer_limits(high=LOW_WATER_BYTES, low=LOW_WATER_BYTES)
        transport.write(b"".join(self._waiting))
        self._waiting.clear()
        if self._ending is not None:
            self.close(self._ending)

    def pause_writing(self) -> None:
        self._drained = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._is_over = True
        self.resume_writing()
        self._detach()

    def ping(self) -> None:
        """An event stream has no way up: its client is found gone when nothing is taken."""

    def _detach(self) -> None:
        if self.attachment is not None:
            self.attachment.detach()
