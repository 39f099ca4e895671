"""Requests over HTTP/1.1, each on a connection of its own, in one identity.

A connection each, because a request that is given up must be gone at once (a stream, a held
poll), and because what a proxy does to one is then not what happens to the next.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import msgspec

# One line, or one head: a message of 4,000 characters is some 100 KB as rendered JSON.
LIMIT_BYTES: Final = 4 << 20
# An answer that is read at once: 200 messages of the longest kind.
MAX_BODY_BYTES: Final = 32 << 20


class Broken(OSError):
    """What came is not what was asked for: another protocol, or half an answer."""


class Response:
    """An answer's head; ``chunks`` yields its body as it comes."""

    def __init__(
        self, status: int, headers: Mapping[str, str], cookies: list[str], rtt_s: float
    ) -> None:
        self.status = status
        self.headers = headers  # names in lower case
        self.cookies = cookies
        self.rtt_s = rtt_s  # from the request to the first line of the answer

    def chunks(self, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
        """Yield the body; raises EOFError where it ends before it says it does."""
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            return _chunked(reader)
        return _plain(reader, self.headers.get("content-length"))


class Http:
    """One identity at one server. Raises OSError or EOFError where a request is not answered."""

    def __init__(self, url: str, tls: ssl.SSLContext | None = None) -> None:
        """``url`` is http:// or https://, with a path where Parley is below one."""
        address = urlsplit(url)
        if address.scheme not in ("http", "https") or address.hostname is None:
            raise ValueError(f"not an http:// or https:// address: {url}")
        self.host = address.hostname
        self.netloc = address.netloc.rpartition("@")[2]
        self.base = address.path.rstrip("/")
        is_secure = address.scheme == "https"
        self._tls = (tls or ssl.create_default_context()) if is_secure else None
        self.port = address.port or (443 if is_secure else 80)
        self._cookies: dict[str, str] = {}

    def below_base(self, path: str) -> str:
        """Return ``path`` without the path below which Parley is.

        A server that knows of that path (BASE_PATH) says it, one behind a proxy that takes it away
        does not.
        """
        return path.removeprefix(self.base) if path.startswith(f"{self.base}/") else path

    @property
    def identity(self) -> str:
        """Who the server takes us for: the cookies that it has set."""
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    @contextlib.asynccontextmanager
    async def connection(
        self, head: str, headers: Mapping[str, str], body: bytes = b""
    ) -> AsyncIterator[tuple[Response, asyncio.StreamReader, asyncio.StreamWriter]]:
        """Open a connection, send a request, and yield the answer's head and the connection.

        ``head`` is the method and the path. The connection is closed at the end, at once.
        """
        reader, writer = await asyncio.open_connection(
            self.host, self.port, ssl=self._tls, limit=LIMIT_BYTES
        )
        try:
            method, _, path = head.partition(" ")
            fields = {"Host": self.netloc, "User-Agent": "parley-client", **headers}
            if self._cookies:
                fields["Cookie"] = self.identity
            lines = [f"{method} {self.base}{path} HTTP/1.1"]
            lines += [f"{name}: {value}" for name, value in fields.items()]
            began_s = asyncio.get_running_loop().time()
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            response = await self._head(reader, began_s)
            for cookie in response.cookies:
                self._keep(cookie)
            yield response, reader, writer
        finally:
            # Not close(): what is unsent to a dead network would be waited for.
            writer.transport.abort()

    @contextlib.asynccontextmanager
    async def stream(self, path: str) -> AsyncIterator[tuple[Response, AsyncIterator[bytes]]]:
        """GET ``path`` and yield the answer's head and its body as it comes."""
        headers = {"Accept": "text/event-stream", "Connection": "close"}
        async with self.connection(f"GET {path}", headers) as (response, reader, _):
            async with contextlib.aclosing(response.chunks(reader)) as chunks:  # type: ignore[type-var]
                yield response, chunks

    async def get(self, path: str) -> tuple[Response, Any]:
        """Return the answer and its JSON."""
        return await self._ask(f"GET {path}", {}, b"")

    async def post(self, path: str, value: Any) -> tuple[Response, Any]:
        """Post ``value`` as JSON; return the answer and its JSON."""
        return await self._ask(
            f"POST {path}", {"Content-Type": "application/json"}, msgspec.json.encode(value)
        )

    async def post_form(self, path: str, fields: Mapping[str, str]) -> tuple[Response, Any]:
        body = urlencode(fields).encode()
        return await self._ask(
            f"POST {path}", {"Content-Type": "application/x-www-form-urlencoded"}, body
        )

    async def _ask(self, head: str, headers: dict[str, str], body: bytes) -> tuple[Response, Any]:
        headers = {"Accept": "application/json", "Connection": "close", **headers}
        if not head.startswith("GET "):
            headers["Content-Length"] = str(len(body))
        async with self.connection(head, headers, body) as (response, reader, _):
            data = bytearray()
            async for chunk in response.chunks(reader):
                data += chunk
                if len(data) > MAX_BODY_BYTES:
                    raise Broken("an answer without end")
        if "location" in response.headers:
            raise Broken(f"we are sent to {response.headers['location']}: connect there")
        try:
            return response, msgspec.json.decode(data)
        except msgspec.DecodeError as error:
            raise Broken(f"{response.status}, and no JSON") from error

    async def _head(self, reader: asyncio.StreamReader, began_s: float) -> Response:
        try:
            status_line, *lines = (
                (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            )
        except asyncio.LimitOverrunError as error:
            raise Broken("a head without end") from error
        rtt_s = asyncio.get_running_loop().time() - began_s
        version, _, rest = status_line.partition(" ")
        status = rest[:3]
        if not version.startswith("HTTP/1.") or not status.isdigit():
            raise Broken("not HTTP")
        headers: dict[str, str] = {}
        cookies: list[str] = []
        for line in lines:
            name, _, value = line.partition(":")
            name, value = name.strip().lower(), value.strip()
            if name == "set-cookie":
                cookies.append(value)
            elif name:
                headers[name] = value
        return Response(int(status), headers, cookies, rtt_s)

    def _keep(self, cookie: str) -> None:
        """Keep what we are called; all cookies are for this server and its whole path."""
        try:
            jar = SimpleCookie(cookie)
        except CookieError:
            return  # a proxy's own, which we can do without
        for name, morsel in jar.items():
            self._cookies[name] = morsel.coded_value


async def _plain(reader: asyncio.StreamReader, length: str | None) -> AsyncIterator[bytes]:
    """Yield a body of ``length`` bytes, or all until the end (RFC 9112 section 6.3)."""
    if length is not None and not length.isdigit():
        raise Broken("a length that is no number")
    left = None if length is None else int(length)
    while left is None or left > 0:
        data = await reader.read(1 << 16 if left is None else min(left, 1 << 16))
        if not data:
            if left is not None:
                raise EOFError("the answer broke off")
            return
        left = None if left is None else left - len(data)
        yield data


async def _chunked(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield a body in chunks (RFC 9112 section 7.1); what follows the last is of no interest."""
    while True:
        size = (await reader.readline()).partition(b";")[0].strip()
        if not size:
            raise EOFError("the answer broke off")
        try:
            left = int(size, 16)
        except ValueError as error:
            raise Broken("a chunk without a size") from error
        if left == 0:
            return
        while left:
            data = await reader.read(min(left, 1 << 16))
            if not data:
                raise EOFError("the answer broke off")
            left -= len(data)
            yield data
        await reader.readexactly(2)
