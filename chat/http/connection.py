"""One client's connection: its requests one after the other, each answered before the next."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import httptools

from chat.http.messages import Header, HttpRequest, Refusal, is_well_addressed, malformed
from chat.protocol.codes import Code

MAX_HEAD_BYTES: Final = 64 << 10  # cookies of a whole site are a tenth of it
# Requests that were sent ahead, as proxies and tests do, wait here; then TCP slows them down.
MAX_AHEAD: Final = 100
# What a response may have unsent before who writes it is asked to wait.
HIGH_WATER_BYTES: Final = 64 << 10

# How long a client that was refused may take to read so and hang up.
LINGER_S: Final = 5.0

_EXPECT: Final = b"100-continue"


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """How long a client may take."""

    head_s: float = 20.0  # from a head's first byte to its last; a bad line needs a few seconds
    body_s: float = 30.0
    idle_s: float | None = 90.0  # as long as Heroku's router keeps its own; None: one request


class Answering(Protocol):
    """Whoever answers the request under way."""

    def on_lost(self) -> None:
        """The client is gone; nobody reads what is still written."""


class Limits(Protocol):
    """What a connection is held to."""

    @property
    def max_body_bytes(self) -> int: ...

    @property
    def timeouts(self) -> Timeouts: ...


class HttpConnection(asyncio.Protocol):
    """Reads requests, hands each to ``answer``, and waits for ``finish`` before the next."""

    __slots__ = (
        "transport", "deadline_s", "answering", "_ahead", "_answer", "_body", "_body_bytes",
        "_drained", "_head_bytes", "_headers", "_is_closing", "_is_refused", "_limits", "_loop",
        "_parser", "_registry", "_target",
    )  # fmt: skip

    def __init__(
        self,
        answer: "Callable[[HttpConnection, HttpRequest], None]",
        limits: Limits,
        registry: "set[HttpConnection]",
    ) -> None:
        self.transport: asyncio.Transport | None = None
        self.deadline_s: float | None = None  # by the loop's time; None: something is under way
        self.answering: Answering | None = None
        self._answer = answer
        self._limits = limits
        self._registry = registry
        self._loop = asyncio.get_running_loop()
        self._ahead: deque[HttpRequest] = deque()
        self._drained: asyncio.Future[None] | None = None
        self._is_closing = False
        self._is_refused = False
        self._headers: list[Header] | None = None  # of the request that is coming in
        self._body: list[bytes] | None = None  # its body, when its head is complete
        self._new_parser()

    # For whoever answers

    @property
    def peer(self) -> str:
        """The address of who connected, an empty string for what has none."""
        assert self.transport is not None
        name = self.transport.get_extra_info("peername")
        return str(name[0]) if isinstance(name, tuple) else ""

    def write(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def drained(self) -> "asyncio.Future[None]":
        """Return a future that is done when there is little unsent."""
        if self._drained is not None:
            return asyncio.shield(self._drained)
        drained = self._loop.create_future()
        drained.set_result(None)
        return drained

    def finish(self, *, is_kept_alive: bool) -> None:
        """The request under way is answered."""
        self.answering = None
        if self.transport is None or self.transport.is_closing():
            return
        idle_s = self._limits.timeouts.idle_s
        if not is_kept_alive or self._is_closing or idle_s is None:
            self.transport.close()
        elif self._ahead:
            self._loop.call_soon(self._answer_next)
        else:
            self.deadline_s = self._loop.time() + idle_s
            if not self.transport.is_reading():
                self.transport.resume_reading()

    def give_to(self, protocol: asyncio.Protocol) -> None:
        """Have ``protocol`` speak on this connection from now on, after the request under way."""
        transport, self.transport = self.transport, None
        self._registry.discard(self)
        self.answering = None
        del self._parser  # it holds this object, too
        assert transport is not None
        transport.set_protocol(protocol)
        if not transport.is_reading():
            transport.resume_reading()
        protocol.connection_made(transport)

    def close_when_idle(self) -> None:
        """Answer what is under way, and nothing after it."""
        self._is_closing = True
        if self.answering is None and self.transport is not None:
            self.transport.close()

    # As asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        self._registry.add(self)
        self.deadline_s = self._loop.time() + self._limits.timeouts.head_s

    def data_received(self, data: bytes) -> None:
        if self._is_refused:  # it has not yet read that we don't want it
            return
        if self._headers is None and self.answering is None:  # a request begins
            self.deadline_s = self._loop.time() + self._limits.timeouts.head_s
        if self._body is None:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._new_parser()  # whoever answers decides whether it comes to that
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            self._refuse(cause if isinstance(cause, Refusal) else malformed())
        except httptools.HttpParserError:
            self._refuse(malformed())
        if self._body is None and self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(_head_too_long())
        self._answer_next()

    def pause_writing(self) -> None:
        self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)
        self._answer_next()

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self._registry.discard(self)
        self._ahead.clear()
        self.resume_writing()
        del self._parser
        if (answering := self.answering) is not None:
            self.answering = None
            answering.on_lost()

    # As httptools calls what it finds

    def on_message_begin(self) -> None:
        self._target = b""
        self._headers = []

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        assert self._headers is not None
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        assert self._headers is not None
        self._body = []
        self._body_bytes = 0
        self._head_bytes = 0
        self.deadline_s = self._loop.time() + self._limits.timeouts.body_s
        if sum(len(name) + len(value) + 4 for name, value in self._headers) > MAX_HEAD_BYTES:
            raise _head_too_long()
        if not is_well_addressed(self._headers, self._parser.get_http_version()):
            raise Refusal(400, "Name one host, in one Host header.")
        for name, value in self._headers:
            match name.lower():
                case b"content-length" if int(value) > self._limits.max_body_bytes:
                    raise self._body_too_long()
                case b"expect" if value.lower() == _EXPECT:  # RFC 9110 section 10.1.1
                    self.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        assert self._body is not None
        self._body_bytes += len(body)
        if self._body_bytes > self._limits.max_body_bytes:
            raise self._body_too_long()
        self._body.append(body)

    def on_message_complete(self) -> None:
        assert self._headers is not None and self._body is not None
        request = HttpRequest(
            self._parser.get_method().decode(),
            self._target.decode("latin-1"),
            self._parser.get_http_version(),
            self._headers,
            b"".join(self._body),
            self._parser.should_keep_alive(),
        )
        self._headers = self._body = None
        self._ahead.append(request)
        if len(self._ahead) > MAX_AHEAD:
            raise Refusal(400, f"Wait for answers: {MAX_AHEAD} requests are too many at once.")

    def _answer_next(self) -> None:
        """Hand over the next request, if the last one is answered; else read no more for now."""
        if not self._ahead or self.transport is None:
            return
        # Who does not take an answer gets no other: else they would pile up here.
        if self.answering is None and self._drained is None:
            self.deadline_s = None
            self._answer(self, self._ahead.popleft())
        if self._ahead and self.transport is not None and self.transport.is_reading():
            self.transport.pause_reading()

    def _refuse(self, problem: Refusal) -> None:
        """Say what is wrong, unless an answer is under way, and hear no more.

        The socket is not closed at once: what is on its way to us would make the kernel reset the
        connection, and the client lose our answer (RFC 9112 section 9.6).
        """
        self._is_closing = self._is_refused = True
        self._ahead.clear()
        if self.transport is not None and self.answering is None:
            self.transport.write(problem.encode())
            self.transport.write_eof()
            self.deadline_s = self._loop.time() + LINGER_S

    def _body_too_long(self) -> Refusal:
        return Refusal(
            413,
            f"A body has at most {self._limits.max_body_bytes} bytes.",
            code=Code.TOO_LONG,
        )

    def _new_parser(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._headers = self._body = None
        self._head_bytes = self._body_bytes = 0


def _head_too_long() -> Refusal:
    return Refusal(431, f"Headers have at most {MAX_HEAD_BYTES} bytes together.")
