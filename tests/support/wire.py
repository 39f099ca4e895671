"""HTTP connections and WebSockets for test clients: they move bytes and decode them."""

import asyncio
import itertools
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from tornado.httpclient import HTTPError
from tornado.httputil import HTTPHeaders
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, WebSocketError

TRANSPORTS = ("websocket", "sse", "longpoll")
WAIT_S = 60  # for events that come at once; only a failing test waits so long
# The errors that a client gets when a server dies, is cut off or answers 503.
LOST = (OSError, EOFError, HTTPError, WebSocketError)
Push = dict[str, Any]
Inbox = asyncio.Queue[str | bytes | None]  # the messages of a WebSocket; None: it is closed


class Answer(NamedTuple):
    code: int
    headers: HTTPHeaders
    body: bytes = b""


class Connection:
    """An HTTP/1.1 connection for one request after another, open while in ``async with``."""

    def __init__(self, url: str) -> None:
        """Paths of requests are below the path of ``url``."""
        self._address = urlsplit(url)

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection(
            self._address.hostname, self._address.port
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Send a request; return the head of its answer; the body is read by ``body``."""
        lines = [f"{method} {self._address.path + path or '/'} HTTP/1.1"]
        fields = {"Host": self._address.netloc, **headers}
        lines += [f"{name}: {value}" for name, value in fields.items()]
        lines += [] if body is None else [f"Content-Length: {len(body)}"]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + (body or b""))
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        status, _, rest = head.partition("\r\n")
        return Answer(int(status.split()[1]), HTTPHeaders.parse(rest))

    async def body(self, headers: HTTPHeaders) -> bytes:
        """Return the whole body that follows this head (RFC 9112 section 6.3)."""
        if headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(await self.reader.readline(), 16):
                body += (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readline()
            return body
        if "Content-Length" in headers:
            return await self.reader.readexactly(int(headers["Content-Length"]))
        return await self.reader.read()


async def raw(url: str, request: bytes) -> bytes:
    """Send exactly these bytes; return the answer, up to a close or a silence."""
    answer = b""
    async with Connection(url) as connection:
        connection.writer.write(request)
        # RFC 9112 section 9.3: a complete answer need not be followed by a close.
        with suppress(TimeoutError, ConnectionError):
            while data := await asyncio.wait_for(
                connection.reader.read(1 << 16), 10 if not answer else 0.05
            ):
                answer += data
    return answer


class Socket:
    """An open WebSocket; decodes pushes and replies."""

    def __init__(self, connection: WebSocketClientConnection, inbox: Inbox) -> None:
        self.connection = connection
        self._inbox = inbox
        self._is_over = False
        self._ids = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Push]] = {}

    @property
    def close_code(self) -> int | None:
        return self.connection.close_code

    async def send(self, data: str | bytes) -> None:
        """Send a text frame, or a binary one for bytes."""
        await self.connection.write_message(data, binary=isinstance(data, bytes))

    async def read(self) -> Push | None:
        """Return the next message; None if it was closed, and from then on."""
        data = await self.read_data()
        return None if data is None else dict(json.loads(data))

    async def read_data(self) -> str | bytes | None:
        """Return the next message as it is; None as ``read`` does."""
        if self._is_over:
            return None
        data = await self._inbox.get()
        self._is_over = data is None
        return data

    async def pushes(self) -> AsyncGenerator[Push]:
        """Yield pushes until it is closed; replies go to the callers of ``ask``."""
        try:
            while (push := await self.read()) is not None:
                if push["type"] not in ("ok", "error", "pong") or "id" not in push:
                    yield push
                elif (reply := self._asked.get(push["id"])) is not None and not reply.done():
                    reply.set_result(push)
        finally:
            for reply in self._asked.values():
                if not reply.done():
                    reply.set_exception(ConnectionError("lost before its answer came"))
                    reply.exception()  # the caller may have given up

    async def ask(self, **command: Any) -> Push:
        """Send a command and return its reply, while another task reads ``pushes``."""
        id_ = next(self._ids)
        reply = self._asked[id_] = asyncio.get_running_loop().create_future()
        try:
            await self.send(json.dumps({**command, "id": id_}))
            return await reply
        except WebSocketClosedError as error:
            raise ConnectionError from error
        finally:
            del self._asked[id_]

    async def until_closed(self) -> None:
        async with asyncio.timeout(WAIT_S):
            while await self.read_data() is not None:
                pass

    async def close(self) -> None:
        """Close, and wait until the other side has closed."""
        self.connection.close()
        await self.until_closed()
