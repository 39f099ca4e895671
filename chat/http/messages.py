"""HTTP requests as received, and the refusals that precede any handler. Pure."""

import re
from collections.abc import Callable, Sequence
from http.client import responses
from typing import Any, Final, NamedTuple, TypeVar

from chat.http.security_headers import NOT_KEPT, safe_lines
from chat.protocol.codes import Code

Header = tuple[bytes, bytes]
T = TypeVar("T")

# RFC 9110 section 7.2 with RFC 3986 section 3.2.2: a name, an IPv4 or a bracketed IPv6 address,
# and a port. Excludes the characters that RFC 3986 allows but no host uses: they would have a
# meaning where we repeat the name, in a page's Content-Security-Policy.
HOST: Final = re.compile(rb"(?:[A-Za-z0-9._~%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")


class Headers(list[Header]):
    """The headers of a request, which are the same object in its repetitions."""

    __slots__ = ("_found",)

    def __init__(self, headers: Sequence[Header] = ()) -> None:
        super().__init__(headers)
        self._found: dict[Callable[[Sequence[Header]], Any], Any] = {}

    def found(self, find: Callable[[Sequence[Header]], T]) -> T:
        """Return what ``find`` finds in these headers; it is called once, also for repetitions."""
        try:
            found: T = self._found[find]
        except KeyError:
            found = self._found[find] = find(self)
        return found


class HttpRequest(NamedTuple):
    """A request as received; ``target`` is as in the request line: a path and perhaps a query."""

    method: str
    target: str
    version: str  # as in HTTP/1.1
    headers: Headers
    body: bytes
    is_kept_alive: bool  # the client may send more requests on this connection
    is_streamed: bool = False  # the body is yet to come: see HttpConnection.stream_body

    @property
    def host(self) -> str:
        """The Host header's value, or an empty string where there is none."""
        for name, value in self.headers:
            if name.lower() == b"host":
                return value.decode("latin-1")
        return ""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


def is_well_addressed(hosts: Sequence[bytes], version: str) -> bool:
    """Return whether there is exactly one Host header, and it is valid (RFC 9112 section 3.2)."""
    if not hosts and version == "1.0":
        return True  # HTTP/1.0 may have none
    return len(hosts) == 1 and HOST.fullmatch(hosts[0]) is not None


# For clients whose request is refused; their protocol, HTTP or HTTPS, is not known yet.
_SAFE: Final = (safe_lines("http") + NOT_KEPT).encode()


class Refusal(Exception):
    """A request that is refused before any handler sees it; ``message`` tells people why."""

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
        self.retry_ms = retry_ms  # how soon to retry, if retrying helps

    def encode(self, *, has_body: bool = True, is_last: bool = True) -> bytes:
        """Return the whole answer; with ``is_last`` it announces that the connection closes."""
        retry, lines = b"", _SAFE
        if self.retry_ms is not None:
            retry = b',"retry_ms":%d' % self.retry_ms
            lines += b"Retry-After: %d\r\n" % -(-self.retry_ms // 1000)
        if is_last:
            lines += b"Connection: close\r\n"
        body = b'{"type":"error","code":"%b","message":"%b"%b}' % (
            self.code.encode(),
            str(self).encode(),  # our own text, so it needs no escaping
            retry,
        )
        return (
            b"HTTP/1.1 %d %b\r\nContent-Type: application/json; charset=utf-8\r\n"
            b"Content-Length: %d\r\n%b\r\n"
            % (self.status, responses[self.status].encode(), len(body), lines)
        ) + (body if has_body else b"")  # none for HEAD (RFC 9110 section 9.3.2)


def malformed() -> Refusal:
    return Refusal(400, "This is not HTTP/1.1 as RFC 9112 has it.")
