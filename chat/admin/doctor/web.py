"""Asks a server over HTTP as a browser does, with a cookie that it keeps."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from tornado.httpclient import HTTPClientError, HTTPRequest, HTTPResponse
from tornado.simple_httpclient import HTTPStreamClosedError, SimpleAsyncHTTPClient
from tornado.websocket import WebSocketClientConnection, websocket_connect

TIMEOUT_S: Final = 10.0
JSON: Final = {"Accept": "application/json"}


class NoAnswer(Exception):
    """The server could not be reached, or the connection was cut; the text says how."""


class Web:
    """A browser at ``url``, the address of a server with its base path."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.cookie = ""
        parts = urlsplit(self.url)
        self.is_secure = parts.scheme == "https"
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._client = SimpleAsyncHTTPClient(force_instance=True, max_clients=20)

    async def get(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
    ) -> HTTPResponse:
        """Return the answer, whatever its status. Raises NoAnswer."""
        request = HTTPRequest(
            self.url + path,
            headers={"Cookie": self.cookie, **(headers or {})},
            connect_timeout=TIMEOUT_S,
            request_timeout=timeout_s,
            follow_redirects=False,
            decompress_response=False,
        )
        try:
            return await self._client.fetch(request, raise_error=False)
        except (HTTPStreamClosedError, HTTPClientError, OSError, ValueError) as error:
            raise NoAnswer(str(error) or type(error).__name__) from error

    def keep_cookies(self, answer: HTTPResponse) -> list[str]:
        """Keep the cookies of ``answer``, as a browser does; return their headers."""
        headers = list(answer.headers.get_list("Set-Cookie"))
        pairs = [header.partition(";")[0] for header in headers]
        self.cookie = "; ".join(pairs) or self.cookie
        return headers

    async def websocket(self) -> WebSocketClientConnection:
        """Open a WebSocket as a page of the server would. Raises HTTPClientError and OSError."""
        request = HTTPRequest(
            "ws" + self.url.removeprefix("http") + "/chat",
            headers={"Cookie": self.cookie, "Origin": self.origin},
            connect_timeout=TIMEOUT_S,
            request_timeout=TIMEOUT_S,
        )
        return await websocket_connect(request)

    async def status_of_announced(self, path: str, length: int, wait_s: float) -> str:
        """Return the head of the answer to a POST that announces ``length`` bytes and sends one.

        Empty if there is none within ``wait_s``: the bytes are waited for. Raises OSError.
        """
        headers = {"Origin": self.origin, "Content-Length": str(length)}
        async with self.asked("POST", path, headers, b"x") as answer:
            try:
                async with asyncio.timeout(wait_s):
                    return (await answer.read(4096)).decode("latin-1")
            except TimeoutError:
                return ""

    @asynccontextmanager
    async def asked(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> AsyncIterator[asyncio.StreamReader]:
        """Ask on a connection of its own, which is closed after the block; yield what comes.

        For what is not read to its end. Raises OSError.
        """
        parts = urlsplit(self.url)
        port = parts.port or (443 if self.is_secure else 80)
        context = ssl.create_default_context() if self.is_secure else None
        reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=context)
        try:
            lines = [f"{method} {parts.path}{path} HTTP/1.1"]
            known = {"Host": parts.netloc, "Cookie": self.cookie, "Connection": "close"}
            lines += [f"{name}: {value}" for name, value in {**known, **headers}.items()]
            writer.write("\r\n".join([*lines, "\r\n"]).encode() + body)
            yield reader
        finally:
            writer.close()


async def timed(work: Any) -> tuple[Any, float]:
    """Return the result of an awaitable, or the NoAnswer it raised, and how long it took."""
    began = time.monotonic()
    try:
        result = await work
    except NoAnswer as error:
        result = error
    return result, time.monotonic() - began
