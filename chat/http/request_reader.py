"""Splits a connection's bytes into requests (RFC 9112). Pure: bytes in, requests out.

A request is parsed when the caller asks for it, not when its bytes arrive. So the bytes behind a
request stay untouched while it is answered: after an upgrade they belong to another protocol.
"""

from typing import Final

from chat.http.chunks import ChunkedBody
from chat.http.fields import MAX_HEADERS
from chat.http.head import (
    MAX_HEAD_BYTES,
    Head,
    Streamed,
    check_head_begun,
    head_too_long,
    read_head,
)
from chat.http.messages import HttpRequest
from chat.http.target import is_origin_form

_END: Final = b"\r\n\r\n"
# The longest head that is kept for comparison: longer ones would take too much memory of a
# connection that is idle.
_KEPT_BYTES: Final = 2 << 10


class RequestReader:
    """Takes bytes as they arrive, and returns requests one by one.

    A request whose body is ``streamed`` is returned when its head is complete; ``next_piece`` then
    returns its body, and has to come to its end before the next request is read.

    After a Refusal the caller must not read on: the start of the next request is unknown.
    """

    __slots__ = (
        "has_ignored", "is_finished", "is_streaming", "_at", "_body", "_chunks", "_data",
        "_has_empty_line", "_head", "_is_continue_due", "_last", "_max_body_bytes",
        "_missing_bytes", "_searched_to", "_streamed",
    )  # fmt: skip

    def __init__(self, max_body_bytes: int, streamed: Streamed = lambda method, path: None) -> None:
        self.is_finished = False  # the client has announced its last request
        self.has_ignored = False  # the client has sent something after that
        self.is_streaming = False  # the body of the last request has not been returned to its end
        self._max_body_bytes = max_body_bytes
        self._streamed = streamed
        self._missing_bytes = 0  # of a body that is streamed and not chunked
        self._data = b""
        self._at = 0  # the data before this index has been read
        self._has_empty_line = False  # before the request
        self._searched_to = 0  # in an incomplete head
        self._head: Head | None = None  # once complete
        # A head that may be repeated, and its bytes before and after its target.
        self._last: tuple[Head, bytes, bytes] | None = None
        self._is_continue_due = False
        self._body: bytearray | None = None  # joined: pieces may be two bytes long
        self._chunks: ChunkedBody | None = None  # used instead of _body

    @property
    def is_between(self) -> bool:
        """Whether nothing of the next request has arrived, not even an empty line before it."""
        return not self._data and self._head is None and not self._has_empty_line

    @property
    def has_unread(self) -> bool:
        return self._at < len(self._data)

    @property
    def is_in_body(self) -> bool:
        """Whether a head is complete and its body is not."""
        return self._head is not None

    @property
    def held_bytes(self) -> int:
        """The number of bytes held of requests that are incomplete or not returned yet."""
        body = self._body if self._chunks is None else self._chunks.body
        return len(self._data) + len(body or b"")

    def receive(self, data: bytes) -> None:
        """Append ``data``; ignore it after the client's last request."""
        if self.is_finished:
            self.has_ignored = True
            return
        self._data = self._data[self._at :] + data if self.has_unread else data
        self._at = 0

    def next_request(self) -> HttpRequest | None:
        """Return the next request, or None if it is incomplete. Raises Refusal."""
        if self._head is None and not self._read_head():
            return None
        head = self._head
        assert head is not None
        body: bytes | None = b""
        if head.is_streamed:
            self.is_streaming, self._missing_bytes = True, head.body_bytes
        elif (body := self._read_body(head)) is not None:
            self._end_request(head)
        self._forget_what_is_read()
        if body is None:
            return None
        return HttpRequest(
            head.method,
            head.target,
            head.version,
            head.headers,
            body,
            head.is_kept_alive,
            head.is_streamed,
        )

    def next_piece(self) -> bytes:
        """Return what has come of a streamed body since the last call; raises Refusal.

        At its end ``is_streaming`` is False.
        """
        head = self._head
        assert head is not None and self.is_streaming
        if self._chunks is not None:
            self._at = self._chunks.receive(self._data, self._at)
            piece, is_all = self._chunks.take(), self._chunks.is_complete
        else:
            piece = self._data[self._at : self._at + self._missing_bytes]
            self._at += len(piece)
            self._missing_bytes -= len(piece)
            is_all = self._missing_bytes == 0
        if is_all:
            self._end_request(head)
        self._forget_what_is_read()
        return piece

    def repeated(self, data: bytes) -> HttpRequest | None:
        """Return the request that ``data`` is, if it repeats the last one but for its target.

        Clients that poll send the same headers again and again, and comparing them takes a
        fraction of the time of parsing them. ``data`` arrives now, and was not received.
        """
        if self._last is None or not self.is_between or self.is_finished:
            return None
        last, before, after = self._last
        target = data[len(before) : -len(after)]
        is_alike = data.startswith(before) and data.endswith(after) and is_origin_form(target)
        if not is_alike or len(data) > MAX_HEAD_BYTES:
            return None
        return HttpRequest(last.method, target.decode(), last.version, last.headers, b"", True)

    def pop_expectation(self) -> bool:
        """Return, once, whether the client waits for a 100 before it sends the body.

        A client that has begun to send the body does not wait (RFC 9110 section 10.1.1).
        """
        is_due, self._is_continue_due = self._is_continue_due, False
        return is_due

    def pop_unread(self) -> bytes:
        """Return and forget the unread bytes, for the protocol that takes over."""
        unread, self._data = self._data[self._at :], b""
        self._at = 0
        return unread

    def drop(self) -> None:
        """Forget everything received, and ignore further input."""
        self.is_finished = True
        self.has_ignored = self.has_ignored or self.has_unread
        self._at = len(self._data)
        self._forget_request()
        self._forget_what_is_read()

    def _read_head(self) -> bool:
        data = self._data
        if not self._has_empty_line and data.startswith(b"\r\n", self._at):
            self._at += 2  # skip one empty line: RFC 9112 section 2.2
            self._has_empty_line = True
        at = self._at
        end = data.find(_END, max(at, at + self._searched_to - 3))
        size = (len(data) if end < 0 else end + len(_END)) - at
        if size > MAX_HEAD_BYTES:
            raise head_too_long()
        if end < 0:
            check_head_begun(data, at, at + self._searched_to)
            self._searched_to = size
            return False
        head = self._head = read_head(
            data[at : end + 2], max_body_bytes=self._max_body_bytes, streamed=self._streamed
        )
        self._at = end + len(_END)
        self._is_continue_due = head.expects_continue and head.has_body and not self.has_unread
        self._last = _around_target(head, data[at : self._at])
        if head.is_chunked:
            self._chunks = ChunkedBody(
                head.max_body_bytes,
                max_trailer_bytes=MAX_HEAD_BYTES - size,
                max_trailers=MAX_HEADERS - len(head.headers),
            )
        return True

    def _read_body(self, head: Head) -> bytes | None:
        if self._chunks is not None:
            self._at = self._chunks.receive(self._data, self._at)
            return bytes(self._chunks.body) if self._chunks.is_complete else None
        begun = self._body or b""
        piece = self._data[self._at : self._at + head.body_bytes - len(begun)]
        self._at += len(piece)
        if len(begun) + len(piece) == head.body_bytes:
            return bytes(begun + piece) if begun else piece
        if self._body is None:
            self._body = bytearray()
        self._body += piece
        return None

    def _end_request(self, head: Head) -> None:
        self._forget_request()
        if not head.is_kept_alive and not head.asks_upgrade:
            self._forget_what_is_read()
            self.drop()

    def _forget_request(self) -> None:
        self._has_empty_line = self._is_continue_due = self.is_streaming = False
        self._searched_to = 0
        self._head = self._body = self._chunks = None

    def _forget_what_is_read(self) -> None:
        if self._at == len(self._data):
            self._data = b""
            self._at = 0


def _around_target(head: Head, data: bytes) -> tuple[Head, bytes, bytes] | None:
    """Return ``head`` and its bytes around the target; None if no repetition is expected."""
    before = f"{head.method} ".encode()
    begin, end = len(before), len(before) + len(head.target)
    is_last = not head.is_kept_alive or head.asks_upgrade
    if is_last or head.has_body or head.expects_continue or len(data) > _KEPT_BYTES:
        return None
    return (head, before, data[end:]) if is_origin_form(data[begin:end]) else None
