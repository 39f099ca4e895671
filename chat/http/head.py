"""Parses a request's head, including the length of the body (RFC 9112 sections 3 and 6). Pure.

Requests are smuggled past a proxy when two programs find a request's end at different places. So
there is one way to read each byte, and whatever could be read in another way is refused.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chat.http.fields import TOKEN, check_begun, fields_by_name, read_fields
from chat.http.messages import Headers, Refusal, is_well_addressed, malformed
from chat.http.target import read_target
from chat.protocol.codes import Code

MAX_HEAD_BYTES: Final = 64 << 10  # all cookies of a site are a tenth of it

# No "#": a fragment is never sent. A method longer than all registered ones is invalid.
_REQUEST_LINE: Final = re.compile(rb'(%b{1,32}) ([!"$-~]++) HTTP/1\.([01])\r\n' % TOKEN)
# Enough digits for any limit; leading zeros are allowed.
_LENGTH: Final = re.compile(rb"[0-9]{1,19}")
_NOTED: Final = frozenset({
    b"connection", b"content-encoding", b"content-length", b"expect", b"host",
    b"transfer-encoding", b"upgrade",
})  # fmt: skip
_NONE: Final[Sequence[bytes]] = ()

# Returns, for a method and a path, the most bytes of a body that is streamed to the handler; None
# where bodies are read as a whole.
Streamed = Callable[[str, str], int | None]


@dataclass(slots=True)
class Head:
    """A parsed head; ``body_bytes`` is the value of Content-Length, or 0."""

    method: str
    target: str
    version: str
    headers: Headers
    body_bytes: int
    is_chunked: bool
    is_kept_alive: bool
    expects_continue: bool
    asks_upgrade: bool
    max_body_bytes: int
    is_streamed: bool

    @property
    def has_body(self) -> bool:
        return self.is_chunked or self.body_bytes > 0


def read_head(
    lines: bytes, *, max_body_bytes: int, streamed: Streamed = lambda method, path: None
) -> Head:
    """Return the head parsed from ``lines``, each of which ends with CRLF. Raises Refusal."""
    match = _REQUEST_LINE.match(lines)
    if match is None:
        raise malformed()
    method, target, minor = match.groups()
    path, authority = read_target(method, target)
    streamed_bytes = streamed(method.decode(), path.partition(b"?")[0].decode())
    headers = Headers(read_fields(lines[match.end() :]))
    version = "1.1" if minor == b"1" else "1.0"
    noted = fields_by_name(headers, _NOTED)
    if not is_well_addressed(noted.get(b"host", _NONE), version):
        raise Refusal(400, "Name one host, in one Host header.")
    if authority is not None:  # it overrides Host: RFC 9112 section 3.2.2
        others = [(name, value) for name, value in headers if name.lower() != b"host"]
        headers = Headers([*others, (b"Host", authority)])
    is_chunked = _is_chunked(noted, version)
    if streamed_bytes is not None:
        max_body_bytes = streamed_bytes
    body_bytes = 0 if is_chunked else _length(noted, max_body_bytes)
    options = _elements(noted.get(b"connection", _NONE))
    is_modern = version == "1.1"
    return Head(
        method.decode(),
        path.decode(),
        version,
        headers,
        body_bytes,
        is_chunked,
        b"close" not in options and (is_modern or b"keep-alive" in options),
        # Both mean nothing in HTTP/1.0: RFC 9110 sections 10.1.1 and 7.8.
        is_modern and b"100-continue" in _elements(noted.get(b"expect", _NONE)),
        is_modern and b"upgrade" in options and b"upgrade" in noted,
        max_body_bytes,
        streamed_bytes is not None and (is_chunked or body_bytes > 0),
    )


def check_head_begun(data: bytes, at: int, new_at: int) -> None:
    """Raise Refusal if the incomplete head that begins at ``at`` can't become a valid one.

    The bytes before ``new_at`` have been checked already.
    """
    check_begun(data, max(at, new_at - 1))
    line_end = data.find(b"\r\n", max(at, new_at - 1))
    is_first = line_end >= 0 and data.find(b"\r\n", at, line_end) < 0
    if is_first and not _REQUEST_LINE.match(data, at):
        raise malformed()


def head_too_long() -> Refusal:
    return Refusal(431, f"An address and headers have at most {MAX_HEAD_BYTES} bytes together.")


def body_too_long(max_body_bytes: int) -> Refusal:
    return Refusal(413, f"A body has at most {max_body_bytes} bytes.", code=Code.TOO_LONG)


def _is_chunked(noted: Mapping[bytes, Sequence[bytes]], version: str) -> bool:
    """Return whether the body is chunked (RFC 9112 section 6.1). Raises Refusal."""
    if any(coding.lower() != b"identity" for coding in noted.get(b"content-encoding", _NONE)):
        # Some kilobytes of compressed data can expand to some gigabytes.
        raise Refusal(415, "Send a body as it is, not compressed.")
    encodings = noted.get(b"transfer-encoding")
    if encodings is None:
        return False
    if version == "1.0" or b"content-length" in noted:
        raise malformed()
    if [encoding.lower() for encoding in encodings] != [b"chunked"]:
        raise Refusal(400, "Of the transfer encodings we know chunked, alone.")
    return True


def _length(noted: Mapping[bytes, Sequence[bytes]], max_body_bytes: int) -> int:
    lengths = noted.get(b"content-length")
    if lengths is None:
        return 0
    if len(lengths) > 1 or not _LENGTH.fullmatch(lengths[0]):
        raise malformed()
    length = int(lengths[0])
    if length > max_body_bytes:
        raise body_too_long(max_body_bytes)
    return length


def _elements(lines: Sequence[bytes]) -> Sequence[bytes]:
    """Return the elements of a list, in lower case (RFC 9110 section 5.6.1)."""
    return [part.strip(b" \t") for line in lines for part in line.lower().split(b",")]
