"""Answers the polls of one client, one after the other: each has one answer."""

import asyncio
import time
from collections.abc import Callable, Sequence
from email.utils import formatdate
from functools import lru_cache

from chat.attach.attachment import Attachment
from chat.attach.catch_up import MAX_ANSWER_BYTES
from chat.http.security_headers import NOT_KEPT, safe_lines
from chat.http.tornado_adapter import RequestResponseCycle
from chat.metrics.counters import DetachReason
from chat.protocol.codes import Disconnect


class HeldPoll:
    """The poll under way of one client, and the sink of its reader.

    It takes one write. The first poll attaches, and is answered when that is done; the next ones
    resume. Between two polls no request is held.
    """

    def __init__(
        self, cycle: RequestResponseCycle, *, hold_s: float, is_repeatable: bool, has_hello: bool
    ) -> None:
        """Take the first poll, in ``cycle``; set ``attachment`` before the first write.

        After an answer the reader is parked if the poll ``is_repeatable``. With ``has_hello`` an
        answer is sent whole, however long it is.
        """
        self.attachment: Attachment
        self._is_repeatable = is_repeatable
        self._has_hello = has_hello
        self._cycle: RequestResponseCycle | None = cycle
        self._hold_s = hold_s
        self._head = b""
        self._cursor = ""  # from which the poll under way reads, or the next one will
        self._is_attaching = True
        self._first: bytes | None = None  # the answer, if it came while attaching
        self._end_s = 0.0  # of the hold, in loop time
        self._timer: asyncio.TimerHandle | None = None  # set for that, or for an earlier end
        self._on_answer: Callable[[str, int | None], None] | None = None

    # The first poll

    @property
    def is_lost(self) -> bool:
        """Whether the client has gone while attaching."""
        return self._is_attaching and self._cycle is None

    @property
    def is_answered(self) -> bool:
        """Whether the answer has come while attaching."""
        return self._first is not None

    def begin(
        self, end_s: float, cookies: Sequence[str], on_answer: Callable[[str, int | None], None]
    ) -> None:
        """Answer, at ``end_s`` in loop time at the latest: attaching is over.

        Calls ``on_answer`` once, with the answer's cursor, and the number of bytes of its pushes;
        None if nothing came in time.
        """
        assert self._cycle is not None
        set_cookies = "".join(f"Set-Cookie: {cookie}\r\n" for cookie in cookies)
        self._head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"
            f"{set_cookies}{safe_lines(self._cycle.context.protocol)}{NOT_KEPT}"
        ).encode("latin-1")
        self._is_attaching = False
        self._on_answer = on_answer
        self._cursor = self.attachment.began_at
        self._cycle.connection.answering = self
        self._hold_until(end_s)
        if self._first is not None:
            first, self._first = self._first, None
            self._answer_with(first)
        elif self._cycle.is_half_closed:
            self.on_half_closed()

    # The next polls

    def is_awaited(self, cursor: str) -> bool:
        return self._cycle is None and cursor == self._cursor

    def resume(self, cycle: RequestResponseCycle, cursor: str) -> bool:
        """Hold the poll in ``cycle``, or return False and change nothing."""
        if not self.is_awaited(cursor) or not self.attachment.resume():
            return False
        self._cycle = cycle
        cycle.connection.answering = self
        cycle.connection.be_impatient()
        self._hold_until(asyncio.get_running_loop().time() + self._hold_s)
        return True

    # Methods of chat.hub.reader.Sink

    def write(self, chunk: bytes) -> int:
        if self._cycle is not None and not self._is_attaching:
            self._answer_with(chunk)
        elif self._is_attaching and self._first is None:
            # The reader stops at once: the answer lacks what is pushed from now on.
            self._first = chunk
            self._stop_reading()
        return 0

    async def drained(self) -> None:
        """Return at once: an answer is handed over whole."""

    def ping(self) -> bytes:
        """Return nothing: the next poll is the sign of life."""
        return b""

    def end(self, disconnect: Disconnect) -> None:
        """Do nothing: the goodbye was the answer, which ends the poll."""

    # Methods of chat.http.connection.Answering

    def on_lost(self) -> None:
        self._let_go()
        self.attachment.detach(DetachReason.CLOSED)

    def on_half_closed(self) -> None:
        self.attachment.detach(DetachReason.CLOSED)
        self._answer(b"null", is_timeout=True)  # if the client is gone, the write detects that

    def _hold_until(self, end_s: float) -> None:
        """Answer at ``end_s`` at the latest.

        One timer serves many polls: setting and cancelling one for each costs more than resuming.
        """
        self._end_s = end_s
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_at(end_s, self._wake)

    def _wake(self) -> None:
        self._timer = None
        if self._cycle is None:  # answered; the next poll sets the timer
            return
        if asyncio.get_running_loop().time() < self._end_s:  # it was set for an earlier poll
            self._hold_until(self._end_s)
        else:
            self._time_out()

    def _time_out(self) -> None:
        self.attachment.flush()  # pushes of this very turn become the answer
        if self._cycle is not None:
            self._stop_reading()
            self._cursor = self.attachment.reader.cursor()
            self._answer(b"null", is_timeout=True)

    def _answer_with(self, chunk: bytes) -> None:
        if len(chunk) <= MAX_ANSWER_BYTES or self._has_hello:
            self._stop_reading()
            self._cursor = self.attachment.reader.cursor()
            self._answer(b"[" + chunk + b"]", pushed_bytes=len(chunk))
        else:  # the next poll, from the same cursor, reads it from the log page by page
            self.attachment.detach(DetachReason.ANSWERED)
            self._answer(b"null", pushed_bytes=len(chunk))

    def _stop_reading(self) -> None:
        if self._is_repeatable and not self.attachment.is_parked:
            self.attachment.park()
        elif not self._is_repeatable:
            self.attachment.detach(DetachReason.ANSWERED)

    def _answer(self, data: bytes, *, is_timeout: bool = False, pushed_bytes: int = 0) -> None:
        """Send the answer; ``data`` is JSON already, the pushes as joined by the hub."""
        cycle = self._let_go()
        connection, request = cycle.connection, cycle.request
        body = b'{"data":%b,"timeout":%b,"cursor":"%b"}' % (
            *(data, b"true" if is_timeout else b"false", self._cursor.encode()),
        )
        date = _date(int(time.time()))
        is_last = connection.is_last or not request.is_kept_alive
        kept = b"Connection: Keep-Alive\r\n" if request.version == "1.0" else b""
        connection.write(
            b"%bX-Request-Id: %b\r\n%bDate: %b\r\nContent-Length: %d\r\n\r\n%b"
            % (
                *(self._head, cycle.request_id.encode()),
                *(b"Connection: close\r\n" if is_last else kept, date, len(body), body),
            )
        )
        connection.finish(is_kept_alive=not is_last)
        if self._on_answer is not None:
            on_answer, self._on_answer = self._on_answer, None
            on_answer(self._cursor, None if is_timeout else pushed_bytes)

    def _let_go(self) -> RequestResponseCycle:
        cycle, self._cycle = self._cycle, None
        assert cycle is not None
        if self._timer is not None and not self.attachment.is_parked:  # no poll will follow
            self._timer.cancel()
        return cycle


@lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    """Return the value of the Date header (RFC 9110 section 6.6.1)."""
    return formatdate(second, usegmt=True).encode()
