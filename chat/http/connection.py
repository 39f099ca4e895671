"""One client's connection: reads requests one by one, and answers each before the next."""

import asyncio
from collections.abc import Callable, Hashable
from functools import partial
from typing import Final

from chat.http.answering import Answering, Resting, Taking
from chat.http.client_socket import ClientSocket, hand_over
from chat.http.limits import Limits
from chat.http.memory_budget import FREE_BYTES
from chat.http.messages import HttpRequest, Refusal, malformed
from chat.http.request_reader import RequestReader
from chat.http.streamed_body import StreamedBody
from chat.protocol.codes import Code

# A rate-limited client is answered at once, but its next request is read only after this delay.
# Refusing costs time too, and all connections that an address may have could repeat it endlessly.
REFUSED_REST_S: Final = 1.0

_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class HttpConnection(ClientSocket):
    """Passes one request to ``answer``, and waits for ``finish`` before it reads the next.

    Pipelined requests wait in the reader, then in the kernel: so TCP slows the client down.
    """

    __slots__ = (
        "answering", "_answer", "_body", "_held_bytes", "_host", "_is_closing", "_reader",
        "_registry",
    )  # fmt: skip

    def __init__(
        self,
        answer: "Callable[[HttpConnection, HttpRequest], None]",
        limits: Limits,
        registry: "set[HttpConnection]",
    ) -> None:
        super().__init__(limits)
        self.answering: Answering | None = None
        self._answer = answer
        self._registry = registry
        self._reader = RequestReader(limits.max_body_bytes, limits.streamed)
        self._body: StreamedBody | None = None  # while one is being taken
        self._held_bytes = 0  # as counted in the budget
        self._host: Hashable = None
        self._is_closing = False  # after the request being answered or received

    # For the code that answers

    @property
    def is_last(self) -> bool:
        """Whether the answer under way is the last on this connection, and should say so.

        If a connection closes without notice, a request already on its way is lost, and proxies
        answer it with 502 (RFC 9112 section 9.3.1).
        """
        is_all = self._is_half_closed and self._reader.is_between
        is_cut = self._reader.is_streaming  # the rest of the body is not read
        return is_all or is_cut or self._is_closing or self._limits.is_winding_down

    @property
    def is_busy(self) -> bool:
        """Whether a request is being received or answered."""
        return self.answering is not None or not self._reader.is_between

    def finish(self, *, is_kept_alive: bool, rest_s: float = 0.0) -> None:
        """End the request under way; read the next one only after ``rest_s`` seconds."""
        if self._is_lingering:
            return
        self._body = None  # if there is one, it is not wanted any more
        is_kept_alive = is_kept_alive and not self._reader.is_streaming
        if is_kept_alive and rest_s:
            self.answering = Resting()
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
            self.resume_reading()

    def stream_body(self, taking: Taking) -> None:
        """Give ``taking``, the answer under way, the body of its request as it comes."""
        if self.answering is not taking:  # answered already, or the client is gone
            return
        if self._reader.pop_expectation():
            self.write(_CONTINUE)
        now = self._loop.time()
        self._body = StreamedBody(taking, interval_s=self._limits.timeouts.progress_s, now=now)
        self._stream_on()

    def give_to(self, protocol: asyncio.Protocol) -> None:
        """Hand this connection over to ``protocol``, which speaks on it from now on."""
        transport, self.transport = self.transport, None
        self._registry.discard(self)
        self.answering = None
        self._limits.unread.discard(self)
        unread = self._reader.pop_unread()
        self._count()
        assert transport is not None
        transport.set_protocol(protocol)
        if not transport.is_reading():
            transport.resume_reading()
        protocol.connection_made(transport)
        if unread or self._is_half_closed:  # only after the caller has finished
            args = transport, protocol, unread, self._is_half_closed
            self._loop.call_soon(hand_over, *args)

    def close_when_idle(self) -> None:
        """Close after the request being received or answered, or at once if there is none."""
        self._is_closing = True
        if self.transport is not None and not self.is_busy:
            self.transport.close()

    # Methods of asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._registry.add(self)
        self.deadline_s = self._loop.time() + self._limits.timeouts.head_s

    def data_received(self, data: bytes) -> None:
        if self._is_lingering:  # the client does not know yet that we ignore it
            return
        if self.answering is None and self._drained is None:
            if (request := self._reader.repeated(data)) is not None:
                self.deadline_s = None
                self._answer(self, request)
                return
        if self.answering is None and self._reader.is_between:  # a request begins
            self.deadline_s = self._loop.time() + self._limits.timeouts.head_s
        self._reader.receive(data)
        if self._body is None:
            self._read_on()
        elif not self._body.is_waited_for:
            self._stream_on()

    def eof_received(self) -> bool:
        """Return whether to keep the connection open, for requests that are not answered yet.

        A client may close its half after its last request (RFC 9112 section 9.6).
        """
        is_news, self._is_half_closed = not self._is_half_closed, True
        if self._is_lingering or not self.is_busy:
            return False
        if self._body is not None:
            if not self._body.is_waited_for:
                self._stream_on()
        elif self.answering is not None:
            if is_news:
                self.answering.on_half_closed()
        else:
            self._read_on()
        return True

    def expire(self) -> None:
        """Close a connection past its deadline; answer 408 if a request has begun to arrive."""
        if self.transport is None:
            return
        too_slow = Refusal(408, "The request did not come to its end in time.")
        if self._body is not None:
            self._give_up_body(too_slow)
        elif self._is_lingering or not self.is_busy or self.answering is not None:
            self.transport.abort()
        else:
            self._limits.refusals[too_slow.status] += 1
            self.transport.write(too_slow.encode())
            self.transport.close()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._loop.call_soon(self._read_on)  # not at once: see chat.transports.socket_sink

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = self._body = None
        self._registry.discard(self)
        self._reader.drop()
        self._count()
        self.resume_writing()
        if (answering := self.answering) is not None:
            self.answering = None
            answering.on_lost()

    def _read_on(self) -> None:
        transport, reader = self.transport, self._reader
        if transport is None or transport.is_closing() or self._is_lingering or self._body:
            return
        # A client that has not read its answer gets no other, or answers would pile up here.
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
                if reader.pop_expectation():
                    self.write(_CONTINUE)
        if not self._count():
            too_much = "Too much is being sent to us at once; try again."
            self._refuse(Refusal(503, too_much, code=Code.UNAVAILABLE))
        elif self.transport is not None and (self.answering is not None or self._drained):
            if reader.has_unread and transport.is_reading():
                transport.pause_reading()
        else:
            self.resume_reading()

    def _stream_on(self) -> None:
        """Give what has come of a streamed body to its taker, or wait for more."""
        transport, body = self.transport, self._body
        if transport is None or transport.is_closing() or body is None:
            return
        try:
            piece = self._reader.next_piece() if self._reader.is_streaming else b""
            if not piece and self._reader.is_streaming and self._is_half_closed:
                raise malformed()
        except Refusal as refusal:
            self._give_up_body(refusal)
            return
        self._count()
        if piece:
            transport.pause_reading()
            self.deadline_s = None
            body.give(piece, now=self._loop.time()).add_done_callback(self._taken)
        elif self._reader.is_streaming:
            self.deadline_s = body.deadline_s
            self.resume_reading()
        else:
            self._body = self.deadline_s = None
            body.taking.end_body()

    def _taken(self, taken: "asyncio.Future[None]") -> None:
        if self._body is not None:
            self._body.given(now=self._loop.time())
            self._stream_on()

    def _give_up_body(self, problem: Refusal) -> None:
        """Answer ``problem`` in place of the answer under way, which is then as good as lost."""
        answering, self.answering, self._body = self.answering, None, None
        self._refuse(problem)
        if answering is not None:
            answering.on_lost()

    def _count(self) -> bool:
        """Count the bytes held of unfinished requests; return whether the budget has room."""
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
        """Send ``problem``, unless an answer is under way, and ignore all further input."""
        self._is_closing = True
        self._limits.refusals[problem.status] += 1
        if self.answering is None:
            self.write(problem.encode())
            self.linger()
        else:
            self._reader.drop()
            self._count()

    def _hang_up(self) -> None:
        reader = self._reader
        if reader.has_unread or reader.has_ignored or reader.is_streaming:
            self.linger()
        elif self.transport is not None:
            self.transport.close()

    def linger(self) -> None:
        super().linger()
        self._reader.drop()
        self._count()
