"""One client's connection: its requests one after the other, each answered before the next."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import httptools

from chat import sockets
from chat.http.budget import Budget
from chat.http.messages import Header, HttpRequest, Refusal, is_well_addressed, malformed
from chat.protocol.codes import Code

MAX_HEAD_BYTES: Final = 64 << 10  # cookies of a whole site are a tenth of it
MAX_HEADERS: Final = 100  # a browser sends 20 and proxies add 10; each takes more than its bytes
# Requests that were sent ahead, as proxies and tests do, wait here; then TCP slows them down.
MAX_AHEAD: Final = 100
# What a response may have unsent before who writes it is asked to wait.
HIGH_WATER_BYTES: Final = 64 << 10

# How long a client that was refused may take to read so and hang up.
LINGER_S: Final = 5.0

# Proxies speak no other to us; what is told apart by it is in RFC 9112.
VERSIONS: Final = ("1.0", "1.1")
_EXPECT: Final = b"100-continue"


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """How long a client may take."""

    # From a head's first byte to its last; a bad line needs a few seconds. With what deadlines are
    # late, within 20 s.
    head_s: float = 18.0
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

    @property
    def budget(self) -> Budget: ...

    @property
    def refusals(self) -> Counter[int]:
        """By status: what was answered before anybody else looked at it."""

    @property
    def is_winding_down(self) -> bool:
        """Whether each answer is to be the last on its connection."""


class Repeats(Protocol):
    """Knows requests that were asked before, byte for byte, but for what it expects to change."""

    def take(self, connection: "HttpConnection", request: bytes) -> bool:
        """Answer ``request``, a whole head without a body, or do nothing and return False."""


class HttpConnection(asyncio.Protocol):
    """Reads requests, hands each to ``answer``, and waits for ``finish`` before the next."""

    __slots__ = (
        "transport", "deadline_s", "answering", "_ahead", "_answer", "_body",
        "_drained", "_head_bytes", "_headers", "_held_bytes", "_is_closing", "_is_impatient",
        "_is_refused", "_is_upgraded", "_limits", "_loop", "_parser", "_registry", "_repeats",
        "_target", "_whole",
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
        self._answer = answer
        self._limits = limits
        self._registry = registry
        self._repeats = repeats
        self._loop = asyncio.get_running_loop()
        self._ahead: deque[HttpRequest] = deque()
        self._drained: asyncio.Future[None] | None = None
        self._held_bytes = 0  # of the budget
        self._is_closing = False
        self._is_impatient = False
        self._is_refused = False
        self._is_upgraded = False
        self._whole: bytes | None = None  # what is being read, if it may be one request
        self._headers: list[Header] | None = None  # of the request that is coming in
        # Its body, when its head is complete; not the pieces, which may be two bytes long.
        self._body: bytearray | None = None
        self._head_bytes = 0  # of a head that is not complete
        self._parser = httptools.HttpRequestParser(self)

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
        return self._is_closing or self._limits.is_winding_down

    @property
    def is_busy(self) -> bool:
        """Whether a request comes in or is being answered."""
        return self.answering is not None or bool(self._ahead) or not self._is_between

    def write(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def be_impatient(self) -> None:
        """Have answers dropped where nobody takes them; a stream is shed, an answer can't be."""
        if not self._is_impatient and self.transport is not None:
            self._is_impatient = True
            sockets.set_patience(self.transport, sockets.ANSWER_PATIENCE_S)

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
        self._forget_request()
        del self._parser  # it holds this object, too
        assert transport is not None
        transport.set_protocol(protocol)
        if not transport.is_reading():
            transport.resume_reading()
        protocol.connection_made(transport)

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
        if self._is_refused:  # it has not yet read that we don't want it
            return
        self._whole = None
        if self._is_between and self.answering is None:  # a request begins
            if self._is_whole_head(data):
                if self._repeats is not None and self._repeats.take(self, data):
                    return
                self._whole = data
            self.deadline_s = self._loop.time() + self._limits.timeouts.head_s
        if self._body is None:
            self._head_bytes += len(data)
        if self._is_upgraded:  # it did not, and this parser has come to its end
            self._is_upgraded = False
            self._parser = httptools.HttpRequestParser(self)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._is_upgraded = True  # whoever answers decides whether it comes to that
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            self._refuse(cause if isinstance(cause, Refusal) else malformed())
        except httptools.HttpParserError:
            self._refuse(malformed())
        if self._body is None and self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(_head_too_long())
        if not self._count():
            self._refuse(_too_much_under_way())
        self._answer_next()

    def expire(self) -> None:
        """Its deadline has passed: say so to who has begun to ask, and hang up."""
        if self.transport is None:
            return
        if self.answering is not None or self._is_refused or self._is_between:
            self.transport.abort()
        else:
            too_slow = _too_slow()
            self._limits.refusals[too_slow.status] += 1
            self.transport.write(too_slow.encode())
            self.transport.close()

    def pause_writing(self) -> None:
        self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)
        self._loop.call_soon(self._answer_next)  # why not at once: chat.transports.stream

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self._registry.discard(self)
        self._forget_request()
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
        if len(self._headers) > MAX_HEADERS:
            raise Refusal(431, f"A request has at most {MAX_HEADERS} headers.")

    def on_headers_complete(self) -> None:
        assert self._headers is not None
        self._body = bytearray()
        self._head_bytes = 0
        self.deadline_s = self._loop.time() + self._limits.timeouts.body_s
        head_bytes = sum(len(name) + len(value) + 4 for name, value in self._headers)
        if len(self._target) + head_bytes > MAX_HEAD_BYTES:
            raise _head_too_long()
        if (version := self._parser.get_http_version()) not in VERSIONS:
            raise malformed()
        if not is_well_addressed(self._headers, version):
            raise Refusal(400, "Name one host, in one Host header.")
        for name, value in self._headers:
            match name.lower():
                case b"content-length" if int(value) > self._limits.max_body_bytes:
                    raise self._body_too_long()
                case b"transfer-encoding" if value.lower() != b"chunked":  # RFC 9112 section 6.1
                    raise Refusal(400, "Of the transfer encodings we know chunked, alone.")
                case b"content-encoding" if value.lower() != b"identity":
                    # Some kilobytes of it can be some gigabytes of something.
                    raise Refusal(415, "Send a body as it is, not compressed.")
                case b"expect" if value.lower() == _EXPECT:  # RFC 9110 section 10.1.1
                    self.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        assert self._body is not None
        self._body += body
        if len(self._body) > self._limits.max_body_bytes:
            raise self._body_too_long()

    def on_message_complete(self) -> None:
        assert self._headers is not None and self._body is not None
        request = HttpRequest(
            self._parser.get_method().decode(),
            self._target.decode("latin-1"),
            self._parser.get_http_version(),
            self._headers,
            bytes(self._body),
            self._parser.should_keep_alive(),
            self._whole,
        )
        self._headers = self._body = None
        self._ahead.append(request)
        if len(self._ahead) > MAX_AHEAD:
            raise Refusal(400, f"Wait for answers: {MAX_AHEAD} requests are too many at once.")

    def _is_whole_head(self, data: bytes) -> bool:
        """Return whether ``data`` can be one GET, and nothing is ahead of it or under way.

        Whether it is a request at all the parser says, the first time that it comes.
        """
        return (
            data.startswith(b"GET ")
            and data.find(b"\r\n\r\n") == len(data) - 4
            and not self._ahead
            and self._drained is None
            and not self._is_closing
        )

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

    def _count(self) -> bool:
        """Count what is held of the request that is coming in; return whether there is room."""
        now_bytes = self._head_bytes + len(self._body or b"")
        held_bytes = self._limits.budget.change(self._held_bytes, now_bytes)
        if held_bytes is not None:
            self._held_bytes = held_bytes
        return held_bytes is not None

    def _forget_request(self) -> None:
        """Let go of what has come of a request that will not be complete."""
        self._headers = self._body = None
        self._head_bytes = 0
        self._count()

    def _refuse(self, problem: Refusal) -> None:
        """Say what is wrong, unless an answer is under way, and hear no more.

        The socket is not closed at once: what is on its way to us would make the kernel reset the
        connection, and the client lose our answer (RFC 9112 section 9.6).
        """
        self._is_closing = self._is_refused = True
        self._ahead.clear()
        self._forget_request()
        self._limits.refusals[problem.status] += 1
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

    @property
    def _is_between(self) -> bool:
        """Nothing has come yet of the next request, not even an empty line before it."""
        return self._headers is None and self._head_bytes == 0


def _too_slow() -> Refusal:
    return Refusal(408, "The request did not come to its end in time.")


def _too_much_under_way() -> Refusal:
    return Refusal(503, "Too much is being sent to us at once; try again.", code=Code.UNAVAILABLE)


def _head_too_long() -> Refusal:
    return Refusal(431, f"An address and headers have at most {MAX_HEAD_BYTES} bytes together.")
