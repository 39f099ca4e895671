"""Answers a repeated poll without attaching again.

A poll on the usual path is fully checked, attaches, and is answered. The same client's next poll
is, byte for byte, the same request with another cursor. If that cursor is the one of the last
answer, and nothing has happened in between except pushes in the reader's rooms, the request is
known to be valid, and the parked reader resumes. That takes a tenth of the time. All other polls
take the usual path, chat.transports.longpoll.
"""

import asyncio
import time
from email.utils import formatdate
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

from chat.attach.attachment import Attachment
from chat.attach.catch_up import MAX_ANSWER_BYTES
from chat.http.connection import HttpConnection
from chat.metrics.counters import Departure
from chat.protocol.codes import Disconnect
from chat.protocol.negotiation import PATHS, Transport
from chat.transports.given import GivenCursors

_PATH: Final = PATHS[Transport.LONGPOLL]
_CURSOR: Final = b"cursor="


class NextPolls:
    """Holds the expected polls, by all of their bytes except the cursor."""

    def __init__(self, base_path: str = "") -> None:
        self.taken = 0  # polls answered on this path
        self._path = f"{base_path}{_PATH}"
        self._polls: dict[bytes, NextPoll] = {}
        self.given = GivenCursors()

    def take(self, connection: HttpConnection, request: bytes) -> bool:
        """Hold ``request`` until there are pushes, or return False if it is not expected."""
        if (divided := divide(request, self._path)) is None:
            return False
        key, cursor = divided
        poll = self._polls.get(key)
        if poll is None:
            return False
        if not poll.take(connection, cursor):
            if poll.is_awaited(cursor):  # it continues, but on the usual path
                now = asyncio.get_running_loop().time()
                self.given.give(poll.session, unquote_to_bytes(cursor).decode(), now=now)
            return False
        self.taken += 1
        return True

    def expect(self, request: bytes, attachment: Attachment, head: bytes, hold_s: float) -> None:
        """Expect a repetition of ``request``, to be answered with ``head`` and a body.

        The parked ``attachment`` resumes with it. A poll is held for ``hold_s`` seconds.
        """
        divided = divide(request, self._path)
        if divided is None:
            return
        key, _ = divided
        poll = self._polls[key] = NextPoll(attachment, head, hold_s)
        attachment.reader.sink = poll

        def forget() -> None:
            if self._polls.get(key) is poll:
                del self._polls[key]

        attachment.on_gone = forget

    def is_repeatable(self, request: bytes, cursor: str) -> bool:
        """Return whether ``request`` with another cursor than ``cursor`` can be recognized."""
        return is_repeatable(request, cursor, self._path)

    def __len__(self) -> int:
        return len(self._polls)


class NextPoll:
    """The sink of one client's polls, from the second on."""

    def __init__(self, attachment: Attachment, head: bytes, hold_s: float) -> None:
        self._attachment = attachment
        self._head = head
        self._hold_s = hold_s
        self._cursor = attachment.reader.cursor().encode()
        self._connection: HttpConnection | None = None  # of the poll being held
        self._end: asyncio.TimerHandle | None = None  # of the hold

    @property
    def session(self) -> str:
        """The id of the session that the polls carry."""
        return self._attachment.session.id

    def is_awaited(self, cursor: bytes) -> bool:
        """Return whether the next poll is expected with ``cursor``, as written in a query."""
        return self._connection is None and (
            cursor == self._cursor or unquote_to_bytes(cursor) == self._cursor
        )

    def take(self, connection: HttpConnection, cursor: bytes) -> bool:
        """Hold the poll on ``connection``, or return False and change nothing."""
        if not self.is_awaited(cursor) or not self._attachment.resume():
            return False
        self._connection = connection
        connection.answering = self
        connection.deadline_s = None
        connection.be_impatient()
        self._end = asyncio.get_running_loop().call_later(self._hold_s, self._time_out)
        return True

    # Methods of chat.hub.reader.Sink

    def write(self, chunk: bytes) -> int:
        if self._connection is None:
            return 0
        if len(chunk) <= MAX_ANSWER_BYTES:
            self._cursor = self._attachment.reader.cursor().encode()
            self._answer(b"[" + chunk + b"]", b"false")
            self._attachment.park()
        else:  # the next poll, from the same cursor, reads it from the log page by page
            self._answer(b"null", b"false")
            self._attachment.detach(Departure.ANSWERED)
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
        self._attachment.detach(Departure.CLOSED)

    def on_half_closed(self) -> None:
        self._answer(b"null", b"true")  # if the client is gone, the write detects that
        self._attachment.detach(Departure.CLOSED)

    def _time_out(self) -> None:
        self._attachment.settle()  # pushes of this very turn become the answer
        if self._connection is not None:
            self._answer(b"null", b"true")
            self._attachment.park()

    def _answer(self, data: bytes, is_timeout: bytes) -> None:
        connection = self._let_go()
        body = poll_body(data, is_timeout, self._cursor)
        is_last = connection.is_last
        head = self._head + b"Connection: close\r\n" if is_last else self._head
        connection.write(
            b"%bDate: %b\r\nContent-Length: %d\r\n\r\n%b" % (head, _date(), len(body), body)
        )
        connection.finish(is_kept_alive=not is_last)

    def _let_go(self) -> HttpConnection:
        connection, self._connection = self._connection, None
        assert connection is not None and self._end is not None
        self._end.cancel()
        return connection


def _date() -> bytes:
    """Return the value of the Date header (RFC 9110 section 6.6.1), to the second."""
    return _formatted(int(time.time()))


@lru_cache(maxsize=1)
def _formatted(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()


def poll_body(data: bytes, is_timeout: bytes, cursor: bytes) -> bytes:
    """Return the body for a poll; ``data`` is JSON already, the pushes as joined by the hub."""
    return b'{"data":%b,"timeout":%b,"cursor":"%b"}' % (data, is_timeout, cursor)


def is_repeatable(request: bytes, cursor: str, path: str = _PATH) -> bool:
    """Return whether ``divide`` finds exactly ``cursor`` in ``request``, and finds it once."""
    divided = divide(request, path)
    if divided is None or request[: request.index(b"\r\n")].count(_CURSOR) != 1:
        return False
    return unquote_to_bytes(divided[1]) == cursor.encode()


def divide(request: bytes, path: str = _PATH) -> tuple[bytes, bytes] | None:
    """Return a poll's request without its cursor, and the cursor; None if it is no such poll."""
    beginning = f"GET {path}?".encode()
    if not request.startswith(beginning):
        return None
    end = request.find(b" ", len(beginning))
    begin = request.find(_CURSOR, len(beginning), end)
    if begin < 0:
        return None
    begin += len(_CURSOR)
    stop = request.find(b"&", begin, end)
    if stop < 0:
        stop = end
    return request[:begin] + request[stop:], request[begin:stop]
