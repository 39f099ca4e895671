"""One client's socket: sends with back-pressure, and closes so that the last answer arrives."""

import asyncio
from typing import Final

from chat.http.limits import Limits
from chat.http.remote import Client
from chat.net import socket_options

# Above this many unsent bytes of a response, its writer is asked to wait.
HIGH_WATER_BYTES: Final = 64 << 10

# After we stop reading, how long a client may take to read our last answer and close.
LINGER_S: Final = 5.0


class ClientSocket(asyncio.Protocol):
    """Sends to one client; a subclass receives."""

    __slots__ = (
        "transport", "deadline_s", "known", "peer", "is_announced", "_drained", "_is_half_closed",
        "_is_impatient", "_is_lingering", "_limits", "_loop",
    )  # fmt: skip

    def __init__(self, limits: Limits) -> None:
        self.transport: asyncio.Transport | None = None
        self.deadline_s: float | None = None  # in loop time; None: an answer is under way
        self.peer = ""  # the IP address of the socket's peer, if it has one
        self.is_announced = False  # by a proxy's PROXY header, which says whose ``peer`` is
        self.known: Client | None = None  # who made the last request
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._drained: asyncio.Future[None] | None = None
        self._is_half_closed = False  # by the client, which may still read
        self._is_impatient = False
        self._is_lingering = False  # our half is closed: input is ignored

    @property
    def client(self) -> str:
        """The client's IP address, or an empty string while it has made no request."""
        return "" if self.known is None else self.known.remote_ip

    def write(self, data: bytes) -> None:
        if self._is_lingering:  # the last answer has been written
            return
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def drained(self) -> "asyncio.Future[None]":
        """Return a future that is done when few bytes are unsent."""
        if self._drained is not None:
            return asyncio.shield(self._drained)
        drained = self._loop.create_future()
        drained.set_result(None)
        return drained

    def be_impatient(self) -> None:
        """Drop the client sooner if it reads nothing.

        A stream can be ended as a slow consumer; an answer can't.
        """
        if not self._is_impatient and self.transport is not None:
            self._is_impatient = True
            socket_options.set_patience(self.transport, socket_options.ANSWER_PATIENCE_S)

    def drop(self) -> None:
        if self.transport is not None:
            socket_options.drop_unsent(self.transport)
            self.transport.abort()

    def linger(self) -> None:
        """Close our half, and wait for the client to close its own.

        If we closed fully, data still arriving would make the kernel reset the connection, and
        the client would lose our answer (RFC 9112 section 9.6).
        """
        if self.transport is None or self.transport.is_closing():
            return
        self._is_lingering = True
        if self._is_half_closed:
            self.transport.close()
        else:
            socket_options.close_half(self.transport)
            self.deadline_s = self._loop.time() + LINGER_S
            self.resume_reading()

    def resume_reading(self) -> None:
        transport = self.transport
        if transport is not None and not transport.is_closing() and not transport.is_reading():
            transport.resume_reading()

    # Methods of asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        name = transport.get_extra_info("peername")
        self.peer = name[0] if isinstance(name, tuple) else ""
        transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)

    def pause_writing(self) -> None:
        self._drained = self._loop.create_future()
        self.be_impatient()
        self._limits.unread.add(self)

    def resume_writing(self) -> None:
        self._limits.unread.discard(self)
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)


def hand_over(
    transport: asyncio.Transport, protocol: asyncio.Protocol, unread: bytes, is_half_closed: bool
) -> None:
    """Pass ``protocol`` the input that arrived before it took over ``transport``."""
    if unread and not transport.is_closing():
        protocol.data_received(unread)
    if is_half_closed and not protocol.eof_received():
        transport.close()
