"""A request as it came, and what is refused before anybody looks at it. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import responses
from typing import Final

from chat.http.security_headers import NOT_KEPT, safe_lines
from chat.protocol.codes import Code

Header = tuple[bytes, bytes]

# RFC 9110 section 7.2 with RFC 3986 section 3.2.2: a name, an IPv4 or a bracketed IPv6 address,
# and a port. Of a name's characters not those that no host has, and that would mean something
# where we repeat it, in a page's Content-Security-Policy.
HOST: Final = re.compile(rb"(?:[A-Za-z0-9._~%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """``target`` is as in the request line: a path and perhaps a query."""

    method: str
    target: str
    version: str  # as in HTTP/1.1
    headers: Sequence[Header]
    body: bytes
    is_kept_alive: bool  # the client has more to ask on this connection
    whole: bytes | None = None  # all of it as it came, if it came in one piece and has no body

    @property
    def host(self) -> str:
        """The Host header's value, an empty string where there is none."""
        for name, value in self.headers:
            if name.lower() == b"host":
                return value.decode("latin-1")
        return ""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


def is_well_addressed(hosts: Sequence[bytes], version: str) -> bool:
    """Return whether ``hosts``, the Host headers, are one, and it is one (RFC 9112 section 3.2)."""
    if not hosts and version == "1.0":
        return True
    return len(hosts) == 1 and HOST.fullmatch(hosts[0]) is not None


# To whoever does not manage to ask; what protocol it speaks is nothing that it has said yet.
_SAFE: Final = (safe_lines("http") + NOT_KEPT).encode()


class Refusal(Exception):
    """What came is not answered by anybody but us: ``message`` says why, for people."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str = Code.BAD_COMMAND,
        retry_ms: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_ms = retry_ms  # when to come back, if that helps

    def encode(self, *, has_body: bool = True, is_last: bool = True) -> bytes:
        """Return the whole answer; ``is_last``: the connection is closed after it.

        To a HEAD it has no body (RFC 9110 section 9.3.2).
        """
        retry, lines = b"", _SAFE
        if self.retry_ms is not None:
            retry = b',"retry_ms":%d' % self.retry_ms
            lines += b"Retry-After: %d\r\n" % -(-self.retry_ms // 1000)
        if is_last:
            lines += b"Connection: close\r\n"
        body = b'{"type":"error","code":"%b","message":"%b"%b}' % (
            self.code.encode(),
            str(self).encode(),  # ours, so that nothing in it is to be escaped
            retry,
        )
        return (
            b"HTTP/1.1 %d %b\r\nContent-Type: application/json; charset=utf-8\r\n"
            b"Content-Length: %d\r\n%b\r\n"
            % (self.status, responses[self.status].encode(), len(body), lines)
        ) + (body if has_body else b"")


def malformed() -> Refusal:
    return Refusal(400, "This is not HTTP/1.1 as RFC 9112 has it.")
