"""Knows other protocols by how they begin. Pure.

A page of any site can have a browser send a request here, with lines of IRC in the body.
"""

from collections.abc import Sequence
from typing import Final

from chat.protocol.irc.messages import Message

_TLS: Final = b"\x16\x03"  # RFC 8446 section 5.1
_TLS_ANSWER: Final = Message("ERROR", ("Closing link: this port speaks IRC without TLS",)).encode()
_HTTP: Final = (b" HTTP/1.0", b" HTTP/1.1", b" HTTP/2.0")  # the end of a request's first line
_HTTP_ANSWER: Final = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n"
    b"Content-Length: 34\r\n\r\nThis port speaks IRC, and no HTTP."
)


def answer_to(data: bytes, lines: Sequence[bytes | None]) -> bytes:
    """Return what to say to who speaks another protocol, before hanging up; b"" if they don't.

    ``data`` is what has come up to the end of the first line, and ``lines`` begin with that if it
    is there: in however many pieces it comes, it is the first line that says it.
    """
    if data.startswith(_TLS):
        return _TLS_ANSWER
    is_http = bool(lines) and (lines[0] or b"").endswith(_HTTP)
    return _HTTP_ANSWER if is_http else b""
