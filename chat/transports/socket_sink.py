"""A sink on a socket taken over from HTTP: sends bytes at once, or queues them."""

import asyncio
import os
from collections import deque
from typing import Final

from chat.attach.attachment import Attachment
from chat.http.connection import HttpConnection
from chat.net import socket_options
from chat.protocol import codes
from chat.protocol.codes import Disconnect

# A reader that catches up gets its next page when most of the last one has been sent.
LOW_WATER_BYTES: Final = 64 << 10
# How long the head waits for the first push. If the log does not answer, that push may take
# seconds; a head alone shows the client that the server is there.
OPENING_S: Final = 0.05
# How much of the queue is joined and written at once: the most that the kernel takes.
CHUNK_BYTES: Final = 128 << 10


class StreamSink(asyncio.Protocol):
    """Writes to a socket, and counts the bytes that the kernel has not taken.

    Queued chunks are kept unchanged, so that all waiting readers share one copy. When the
    connection is lost, its attachment is detached.
    """

    __slots__ = (
        "attachment", "transport", "_descriptor", "_drained", "_ending", "_is_finished", "_is_over",
        "_is_writable", "_opening", "_waiting", "_waiting_bytes",
    )  # fmt: skip

    def __init__(self) -> None:
        self.attachment: Attachment | None = None
        self.transport: asyncio.Transport | None = None
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._opening: asyncio.TimerHandle | None = None  # sends the head alone when it fires
        self._is_writable = False  # has a transport, nothing unsent, and has not ended
        self._ending: Disconnect | None = None  # to send once there is a transport
        self._is_finished = False  # nothing follows the queued chunks
        self._is_over = False
        self._drained: asyncio.Future[None] | None = None  # awaited above LOW_WATER_BYTES

    def take_over(self, connection: HttpConnection, head: bytes) -> None:
        """Take over ``connection``, and send ``head`` first."""
        self._waiting.appendleft(head)
        self._waiting_bytes += len(head)
        if connection.transport is None:
            self.abort()  # the client has disconnected
        else:
            connection.give_to(self)

    @property
    def unsent_bytes(self) -> int:
        buffered = 0 if self.transport is None else self.transport.get_write_buffer_size()
        return self._waiting_bytes + buffered

    # Methods of chat.hub.reader.Sink

    def write(self, chunk: bytes) -> int:
        if not self._is_writable:
            return self.keep(chunk)
        # Write past the transport: its work around this one call is a tenth of the cost of a
        # delivery. The transport gets the bytes not taken at once, and so handles any error.
        try:
            sent_bytes = os.write(self._descriptor, chunk)
        except OSError:
            sent_bytes = 0
        if sent_bytes == len(chunk):
            return 0
        assert self.transport is not None
        self.transport.write(chunk[sent_bytes:])
        return self.transport.get_write_buffer_size()

    def keep(self, chunk: bytes) -> int:
        """Queue ``chunk`` until the socket is writable; drop it if the sink has ended."""
        if not (self._is_over or self._is_finished):
            self._waiting.append(chunk)
            self._waiting_bytes += len(chunk)
        self._open()
        return self.unsent_bytes

    async def drained(self) -> None:
        if self._is_over or self.unsent_bytes <= LOW_WATER_BYTES:
            return
        self._set_patience(socket_options.ANSWER_PATIENCE_S)
        while not self._is_over and self.unsent_bytes > LOW_WATER_BYTES:
            if self._drained is None:
                self._drained = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._drained)
        self._set_patience(socket_options.PATIENCE_S)  # a live reader may be offline for a while

    def ping(self) -> bytes:
        """Return nothing: an event stream has no reply; a dead client stops reading."""
        return b""

    def end(self, disconnect: Disconnect) -> None:
        if disconnect is codes.SLOW_CONSUMER:  # waiting would keep its unsent bytes in memory
            if self.transport is not None:
                socket_options.drop_unsent(self.transport)
            self.abort()
        elif self.transport is not None:
            self.close(disconnect)
        else:
            self._ending = disconnect

    def close(self, disconnect: Disconnect) -> None:
        """Close the socket, after the reason if the transport can carry one."""
        self.finish()

    def finish(self) -> None:
        """Close the socket after all queued bytes are sent."""
        self._is_finished = True
        self._is_writable = False
        self._open()
        if self.transport is not None and not self._waiting:
            self.transport.close()

    def abort(self) -> None:
        """Close the socket at once and discard everything unsent."""
        self._forget()
        if self.transport is not None:
            self.transport.abort()
        else:
            self._detach()

    # Methods of asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._descriptor: int = transport.get_extra_info("socket").fileno()
        if self._is_over:
            transport.abort()
            return
        transport.set_write_buffer_limits(high=0)  # chunks queue here instead
        # The head usually goes with the first push: one packet, and one wake-up of the client.
        self._opening = asyncio.get_running_loop().call_later(OPENING_S, self._open)
        if self._ending is not None:
            self._open()
            self.close(self._ending)

    def pause_writing(self) -> None:
        self._is_writable = False

    def resume_writing(self) -> None:
        # Not at once: if a write fails within this call, asyncio reports the lost connection twice,
        # and the second report raises.
        asyncio.get_running_loop().call_soon(self.go_on)

    def go_on(self) -> None:
        """Write queued chunks, as far as the transport takes them."""
        if self.transport is None:
            return  # lost since it was resumed
        self._is_writable = True
        while self._waiting and self._is_writable:
            self._write_on()
        if self._drained is not None and self.unsent_bytes <= LOW_WATER_BYTES:
            self._release()
        if self._is_finished:
            self._is_writable = False
            # Not here: asyncio is about to see that nothing is left to send; it would take this
            # close for an earlier one, and report the lost connection twice.
            asyncio.get_running_loop().call_soon(self.finish)

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self._forget()
        self._detach()

    def _set_patience(self, patience_s: int) -> None:
        if self.transport is not None:
            socket_options.set_patience(self.transport, patience_s)

    def _open(self) -> None:
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.cancel()
            self.go_on()

    def _write_on(self) -> None:
        assert self.transport is not None
        chunks, size_bytes = [], 0
        while self._waiting and size_bytes < CHUNK_BYTES:
            chunks.append(self._waiting.popleft())
            size_bytes += len(chunks[-1])
        self._waiting_bytes -= size_bytes
        self.transport.write(b"".join(chunks))

    def _forget(self) -> None:
        self._is_over = True
        self._is_writable = False
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        self._waiting.clear()
        self._waiting_bytes = 0
        self._release()

    def _release(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def _detach(self) -> None:
        if self.attachment is not None:
            self.attachment.detach()
