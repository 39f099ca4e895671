"""One client's connection: its requests one after the other, each answered before the next."""

import asyncio
from collections.abc import Callable, Hashable
from functools import partial
from typing import Final, Protocol

from chat.http.limits import Limits
from chat.http.memory_budget import FREE_BYTES
from chat.http.messages import HttpRequest, Refusal, malformed
from chat.http.request_reader import RequestReader
from chat.net import socket_options
from chat.protocol.codes import Code

# What a response may have unsent before who writes it is asked to wait.
HIGH_WATER_BYTES: Final = 64 << 10

# How long a client that is not heard any more may take to read so and hang up.
LINGER_S: Final = 5.0

# Whoever has asked too much is answered at once, and heard again after this: to say no is work,
# too, and all connections that an address may have would ask for it without end.
REFUSED_REST_S: Final = 1.0

_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class Answering(Protocol):
    """Whoever answers the request under way."""

    def on_lost(self) -> None:
        """The client is gone; nobody reads what is still written."""

    def on_half_closed(self) -> None:
        """The client sends nothing more: it waits for this answer alone, or is gone."""


class _Resting:
    """In the place of an answer: nothing is under way."""

    def on_lost(self) -> None:
        """Nobody minds."""

    def on_half_closed(self) -> None:
        """What is not read yet is answered all the same."""


class Repeats(Protocol):
    """Knows requests that were asked before, byte for byte, but for what it expects to change."""

    def take(self, connection: "HttpConnection", request: bytes) -> bool:
        """Answer ``request``, a whole head without a body, or do nothing and return False."""


class HttpConnection(asyncio.Protocol):
    """Hands one request to ``answer``, and waits for ``finish`` before it reads the next.

    What a client sends ahead waits in the reader, and then in the kernel: TCP slows it down.
    """

    __slots__ = (
        "transport", "deadline_s", "answering", "client", "_answer", "_drained", "_held_bytes",
        "_host", "_is_closing", "_is_half_closed", "_is_impatient", "_is_lingering", "_limits",
        "_loop", "_reader", "_registry", "_repeats",
    )  # fmt: skip

    def __init__(
        self,
        answer: "Callable[[HttpConnection, HttpRequest], None]",
        limits: Limits,
        registry: "set[HttpConnection]",
        repeats: Repeats | None = None,
    ) -> None:
        self.transport: asyncio.Transport | None = None
        self.deadline_s: float | None = None  # by the loop's time; None: something is under way
        self.answering: Answering | None = None
        self.client = ""  # the IP address of who asks, as far as is known
        self._answer = answer
        self._limits = limits
        self._registry = registry
        self._repeats = repeats
        self._loop = asyncio.get_running_loop()
        self._reader = RequestReader(limits.max_body_bytes)
        self._drained: asyncio.Future[None] | None = None
        self._held_bytes = 0  # of the budget
        self._host: Hashable = None
        self._is_closing = False  # after what is under way, or coming in
        self._is_half_closed = False  # by the client, which may still read
        self._is_impatient = False
        self._is_lingering = False  # by us: nothing is heard any more

    # For whoever answers

    @property
    def peer(self) -> str:
        """The address of who connected, an empty string for what has none."""
        assert self.transport is not None
        name = self.transport.get_extra_info("peername")
        return str(name[0]) if isinstance(name, tuple) else ""

    @property
    def is_last(self) -> bool:
        """Whether the answer under way is the last here, and should say so.

        A connection that closes without a word may take a request with it that is on its way,
        which proxies answer with 502 (RFC 9112 section 9.3.1).
        """
        is_all = self._is_half_closed and self._reader.is_between
        return is_all or self._is_closing or self._limits.is_winding_down

    @property
    def is_busy(self) -> bool:
        """Whether a request comes in or is being answered."""
        return self.answering is not None or not self._reader.is_between

    def write(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def be_impatient(self) -> None:
        """Have answers dropped where nobody takes them; a stream is shed, an answer can't be."""
        if not self._is_impatient and self.transport is not None:
            self._is_impatient = True
            socket_options.set_patience(self.transport, socket_options.ANSWER_PATIENCE_S)

    def drained(self) -> "asyncio.Future[None]":
        """Return a future that is done when there is little unsent."""
        if self._drained is not None:
            return asyncio.shield(self._drained)
        drained = self._loop.create_future()
        drained.set_result(None)
        return drained

    def finish(self, *, is_kept_alive: bool, rest_s: float = 0.0) -> None:
        """The request under way is answered; the next is not looked at for ``rest_s``."""
        if is_kept_alive and rest_s:
            self.answering = _Resting()
            self._loop.call_later(rest_s, partial(self.finish, is_kept_alive=True))
            return
        self.answering = None
        if self.transport is None or self.transport.is_closing():
            return
        idle_s = self._limits.timeouts.idle_s
        if not is_kept_alive or self._is_closing or idle_s is None:
            self._hang_up()
        elif not self._reader.is_between:
            self.deadline_s = self._loop.time() + self._limits.timeouts.head_s
            self._loop.call_soon(self._read_on)
        elif self._is_half_closed:
            self.transport.close()
        else:
            self.deadline_s = self._loop.time() + idle_s
            self._resume_reading()

    def give_to(self, protocol: asyncio.Protocol) -> None:
        """Have ``protocol`` speak on this connection from now on, after the request under way."""
        transport, self.transport = self.transport, None
        self._registry.discard(self)
        self.answering = None
        self._limits.unread.discard(self)
        unread = self._reader.take_unread()
        self._count()
        assert transport is not None
        transport.set_protocol(protocol)
        if not transport.is_reading():
            transport.resume_reading()
        protocol.connection_made(transport)
        if unread or self._is_half_closed:  # not before whoever gave it is done
            args = transport, protocol, unread, self._is_half_closed
            self._loop.call_soon(_hand_over, *args)

    def drop(self) -> None:
        """Let go of the client, and of all that is unsent."""
        if self.transport is not None:
            socket_options.drop_unsent(self.transport)
            self.transport.abort()

    def close_when_idle(self) -> None:
        """Answer what is under way, or coming in, and nothing after it."""
        self._is_closing = True
        if self.transport is not None and not self.is_busy:
            self.transport.close()

    # As asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        self._registry.add(self)
        self.deadline_s = self._loop.time() + self._limits.timeouts.head_s

    def data_received(self, data: bytes) -> None:
        if self._is_lingering:  # it has not yet read that we don't want it
            return
        reader = self._reader
        if self.answering is None and reader.is_between:  # a request begins
            if self._repeats is not None and self._may_repeat(data):
                if self._repeats.take(self, data):
                    return
            self.deadline_s = self._loop.time() + self._limits.timeouts.head_s
        reader.receive(data)
        self._read_on()

    def eof_received(self) -> bool:
        """Return whether to keep the connection open, for what has been asked and not answered.

        A client may close its half when it has asked all that it will (RFC 9112 section 9.6).
        """
        is_news, self._is_half_closed = not self._is_half_closed, True
        if self._is_lingering or not self.is_busy:
            return False
        if self.answering is not None:
            if is_news:
                self.answering.on_half_closed()
        else:
            self._read_on()
        return True

    def expire(self) -> None:
        """Its deadline has passed: say so to who has begun to ask, and hang up."""
        if self.transport is None:
            return
        if self._is_lingering or not self.is_busy or self.answering is not None:
            self.transport.abort()
        else:
            too_slow = _too_slow()
            self._limits.refusals[too_slow.status] += 1
            self.transport.write(too_slow.encode())
            self.transport.close()

    def pause_writing(self) -> None:
        self._drained = self._loop.create_future()
        self.be_impatient()
        self._limits.unread.add(self)

    def resume_writing(self) -> None:
        self._limits.unread.discard(self)
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)
        self._loop.call_soon(self._read_on)  # why not at once: chat.transports.socket_sink

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self._registry.discard(self)
        self._reader.drop()
        self._count()
        self.resume_writing()
        if (answering := self.answering) is not None:
            self.answering = None
            answering.on_lost()

    def _may_repeat(self, data: bytes) -> bool:
        """Return whether ``data`` is one whole request, if any, that can be answered just now."""
        return self._drained is None and not self._is_closing and self._reader.is_one_head(data)

    def _read_on(self) -> None:
        """Hand over the next request, if the last one is answered; else read no more for now."""
        transport, reader = self.transport, self._reader
        if transport is None or transport.is_closing() or self._is_lingering:
            return
        # Who does not take an answer gets no other: else they would pile up here.
        if self.answering is None and self._drained is None and not reader.is_between:
            was_in_body = reader.is_in_body
            try:
                request = reader.next_request()
                if request is None and self._is_half_closed:
                    raise malformed()
            except Refusal as refusal:
                self._refuse(refusal)
                return
            if request is not None:
                self.deadline_s = None
                self._answer(self, request)
            elif reader.is_in_body and not was_in_body:
                self.deadline_s = self._loop.time() + self._limits.timeouts.body_s
                if reader.take_expectation():
                    self.write(_CONTINUE)
        if not self._count():
            self._refuse(_too_much_under_way())
        elif self.transport is not None and (self.answering is not None or self._drained):
            if reader.has_unread and transport.is_reading():
                transport.pause_reading()
        else:
            self._resume_reading()

    def _resume_reading(self) -> None:
        transport = self.transport
        if transport is not None and not transport.is_closing() and not transport.is_reading():
            transport.resume_reading()

    def _count(self) -> bool:
        """Count what is held of requests that are to come; return whether there is room."""
        now_bytes = self._reader.held_bytes
        if now_bytes <= FREE_BYTES and not self._held_bytes:
            return True
        if not self._held_bytes:
            self._host = self._limits.host_of(self.peer)
        held_bytes = self._limits.budget.change(self._held_bytes, now_bytes, self._host)
        if held_bytes is not None:
            self._held_bytes = held_bytes
        return held_bytes is not None

    def _refuse(self, problem: Refusal) -> None:
        """Say what is wrong, unless an answer is under way, and hear no more."""
        self._is_closing = True
        self._limits.refusals[problem.status] += 1
        if self.answering is None:
            self.write(problem.encode())
            self._linger()
        else:
            self._reader.drop()
            self._count()

    def _hang_up(self) -> None:
        """Close, after what has been written."""
        if self._reader.has_unread or self._reader.has_ignored:
            self._linger()
        elif self.transport is not None:
            self.transport.close()

    def _linger(self) -> None:
        """Close our half, and wait for the client to close its own.

        What is on its way to us would make the kernel reset the connection, and the client lose
        our answer (RFC 9112 section 9.6).
        """
        if self.transport is None or self.transport.is_closing():
            return
        self._is_lingering = True
        self._reader.drop()
        self._count()
        if self._is_half_closed:
            self.transport.close()
        else:
            socket_options.close_half(self.transport)
            self.deadline_s = self._loop.time() + LINGER_S
            self._resume_reading()


def _hand_over(
    transport: asyncio.Transport, protocol: asyncio.Protocol, unread: bytes, is_half_closed: bool
) -> None:
    """Give ``protocol`` what came before it spoke on ``transport``."""
    if unread and not transport.is_closing():
        protocol.data_received(unread)
    if is_half_closed and not protocol.eof_received():
        transport.close()


def _too_slow() -> Refusal:
    return Refusal(408, "The request did not come to its end in time.")


def _too_much_under_way() -> Refusal:
    return Refusal(503, "Too much is being sent to us at once; try again.", code=Code.UNAVAILABLE)
