"""Small real clients, one guest each: requests, and the pushes of each transport."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any, Self
from urllib.parse import urlsplit

from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.httputil import HTTPHeaders
from tornado.simple_httpclient import SimpleAsyncHTTPClient
from tornado.websocket import WebSocketClientConnection, websocket_connect

from tests.support.event_stream import Event, EventParser

TRANSPORTS = ("websocket", "sse", "longpoll")
WAIT_S = 60  # for what comes at once; only a failing test waits so long
Push = dict[str, Any]


class Socket:
    """An open WebSocket, whose pushes and replies come decoded."""

    def __init__(self, connection: WebSocketClientConnection) -> None:
        self.connection = connection
        self._is_over = False

    @property
    def close_code(self) -> int | None:
        return self.connection.close_code

    async def send(self, data: str | bytes) -> None:
        """Send a text frame, or a binary one for bytes."""
        await self.connection.write_message(data, binary=isinstance(data, bytes))

    async def read(self) -> Push | None:
        """Return what comes next; None where it was closed, and from then on."""
        if self._is_over:
            return None
        data = await self.connection.read_message()
        if data is None:
            self._is_over = True
            return None
        return dict(json.loads(data))

    async def until_closed(self) -> None:
        async with asyncio.timeout(WAIT_S):
            while await self.read() is not None:
                pass

    async def close(self) -> None:
        """Close, and return when the other side has."""
        self.connection.close()
        await self.until_closed()


class Client:
    """A guest: keeps the cookie that it was given. Use it in ``async with``."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookie: str | None = None
        self._http: AsyncHTTPClient | None = None
        self._sockets: list[Socket] = []

    async def __aenter__(self) -> Self:
        self._http = SimpleAsyncHTTPClient(force_instance=True, max_clients=100)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._http is not None
        self._http.close()
        for socket in self._sockets:
            await socket.close()

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.cookie is None else {"Cookie": self.cookie}

    async def fetch(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HTTPResponse:
        """Return the answer, whatever its status."""
        assert self._http is not None
        request = HTTPRequest(
            self.url + path,
            method=method,
            body=body,
            headers={**self.headers, **(headers or {})},
            allow_nonstandard_methods=True,
            follow_redirects=False,
            decompress_response=False,
            request_timeout=WAIT_S + 25,  # a poll may be held
        )
        response = await self._http.fetch(request, raise_error=False)
        if response.code == 599:  # Tornado's own, for what is no answer
            raise response.error or ConnectionError(path)
        self.take_cookie(response.headers.get("Set-Cookie"))
        return response

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> HTTPResponse:
        return await self.fetch("GET", path, headers=headers)

    async def post(
        self, path: str, body: bytes | str = b"", headers: Mapping[str, str] | None = None
    ) -> HTTPResponse:
        return await self.fetch("POST", path, body, headers)

    async def command(self, **fields: Any) -> Push:
        """Carry out one command by POST and return its reply."""
        response = await self.post("/send", json.dumps(fields))
        (reply,) = json.loads(response.body)["replies"]
        return dict(reply)

    def take_cookie(self, header: str | None) -> None:
        if header is not None:
            self.cookie = header.partition(";")[0]

    async def websocket(
        self, query: str = "", headers: Mapping[str, str] | None = None, *, path: str = "/chat"
    ) -> Socket:
        """Return a connection, closed with the client; raises HTTPError where it is refused."""
        url = "ws" + self.url.removeprefix("http") + path + query
        connection = await websocket_connect(
            HTTPRequest(url, headers={**self.headers, **(headers or {})}, request_timeout=WAIT_S)
        )
        self.take_cookie(connection.headers.get("Set-Cookie"))
        self._sockets.append(Socket(connection))
        return self._sockets[-1]

    def pushes(self, transport: str, query: str = "") -> AsyncIterator[Push]:
        """Yield what comes by ``transport``, until it ends."""
        by = {"websocket": self._by_websocket, "sse": self._by_sse, "longpoll": self._by_poll}
        return by[transport](query)

    async def events(
        self, query: str = "", headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[Event]:
        """Yield the events of a stream; raises ConnectionError where it is no stream."""
        async with self.request(f"/events{query}", headers) as (answered, reader):
            if "text/event-stream" not in answered.get("Content-Type", ""):
                raise ConnectionError(str(answered))
            parser = EventParser()
            while data := await reader.readline():
                if (event := parser.line(data.decode().removesuffix("\n"))) is not None:
                    yield event

    async def command_alone(self, **fields: Any) -> Push:
        """Like ``command``, but may be cancelled: the connection is closed then."""
        async with self.request("/send", body=json.dumps(fields).encode()) as (head, reader):
            answer = json.loads(await reader.readexactly(int(head["Content-Length"])))
        (reply,) = answer.get("replies", [answer])
        return dict(reply)

    @asynccontextmanager
    async def request(
        self, path: str, headers: Mapping[str, str] | None = None, *, body: bytes | None = None
    ) -> AsyncIterator[tuple[HTTPHeaders, asyncio.StreamReader]]:
        """GET, or POST a body, over a connection of its own, closed at the end.

        Yields the answer's head and what comes after it. A GET raises ConnectionError where the
        status is not 200.
        """
        address = urlsplit(self.url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        try:
            method = "GET" if body is None else "POST"
            lines = [
                f"{method} {address.path}{path} HTTP/1.1",
                f"Host: {address.netloc}",
                "Connection: close",
            ]
            lines += [f"{k}: {v}" for k, v in {**self.headers, **(headers or {})}.items()]
            lines += [] if body is None else [f"Content-Length: {len(body)}"]
            writer.write("\r\n".join([*lines, "", ""]).encode() + (body or b""))
            status, _, head = (await reader.readuntil(b"\r\n\r\n")).decode().partition("\r\n")
            if body is None and " 200 " not in status:
                raise ConnectionError(status)
            answered = HTTPHeaders.parse(head)
            self.take_cookie(answered.get("Set-Cookie"))
            yield answered, reader
        finally:
            await _close(writer)

    async def _by_websocket(self, query: str) -> AsyncIterator[Push]:
        socket = await self.websocket(query)
        try:
            while (push := await socket.read()) is not None:
                yield push
        finally:
            await socket.close()

    async def _by_sse(self, query: str) -> AsyncIterator[Push]:
        async with aclosing(self.events(query)) as events:
            async for event in events:
                yield json.loads(event.data)

    async def _by_poll(self, query: str) -> AsyncIterator[Push]:
        separator = "&" if query else "?"
        cursor = ""
        while True:
            async with self.request(f"/poll{query}{separator}cursor={cursor}") as (_, body):
                answer = json.loads(await body.read())
            cursor = answer["cursor"]
            for push in answer["data"] or ():
                yield push


class Receiver:
    """A client that listens on one transport and keeps what it hears."""

    def __init__(self, url: str, transport: str) -> None:
        self.transport = transport
        self.heard: list[Push] = []
        self.client = Client(url)
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.client.__aenter__()
        self._task = asyncio.create_task(self._listen())
        await self.until(lambda push: push["type"] == "hello")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self.client.__aexit__()

    async def until(self, is_it: Callable[[Push], bool]) -> Push:
        """Return the first push heard that ``is_it``."""
        async with asyncio.timeout(WAIT_S):
            while True:
                for push in self.heard:
                    if is_it(push):
                        return push
                if self._task.done():
                    raise AssertionError(f"the {self.transport} ended") from self._task.exception()
                self._changed.clear()
                await self._changed.wait()

    async def _listen(self) -> None:
        try:
            async with aclosing(self.client.pushes(self.transport)) as pushes:
                async for push in pushes:
                    self.heard.append(push)
                    self._changed.set()
        finally:
            self._changed.set()


async def raw(url: str, request: bytes) -> bytes:
    """Send these very bytes; return what comes back until the server closes or is silent."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    answer = b""
    try:
        writer.write(request)
        # RFC 9112 section 9.3: a complete answer need not be followed by a close.
        with suppress(TimeoutError, ConnectionError):
            while data := await asyncio.wait_for(reader.read(1 << 16), 10 if not answer else 0.05):
                answer += data
    finally:
        await _close(writer)
    return answer


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
