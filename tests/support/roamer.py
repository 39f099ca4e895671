"""A client that roams between transports in mid-conversation and keeps account of what it saw.

It keeps to the rules for clients and to no more: attach with the cursor, apply what follows,
drop what it has, and treat a hole as a fault of the server.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from tornado.httpclient import HTTPRequest
from tornado.simple_httpclient import SimpleAsyncHTTPClient
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

TRANSPORTS = ("websocket", "sse", "longpoll")
Push = dict[str, Any]
Inbox = asyncio.Queue[str | bytes | None]  # what a socket brings; None: it is closed


class HoleSeen(AssertionError):
    """A push came that does not follow the last one: something was lost."""


class Roamer:
    """One guest with one session. ``log`` is every logged push by room, in the order applied."""

    def __init__(
        self, urls: Sequence[str], http: SimpleAsyncHTTPClient, dice: random.Random
    ) -> None:
        """Each request goes to one of ``urls`` at random, as behind a load balancer."""
        self._urls = urls
        self._dice = dice
        self.log: dict[str, list[Push]] = {}
        self.dropped = 0
        self.resyncs = 0
        self.positions: dict[str, tuple[str, int]] = {}
        self.user = ""
        self._http = http
        self._cookies: dict[str, str] = {}
        self._session = ""
        self._socket: WebSocketClientConnection | None = None
        self._replies: dict[int, asyncio.Future[Push]] = {}
        self._next_id = 0
        self._changed = asyncio.Event()

    @property
    def url(self) -> str:
        return self._dice.choice(self._urls)

    @property
    def cursor(self) -> str:
        return ",".join(f"{room}:{e}:{o}" for room, (e, o) in self.positions.items())

    @property
    def _cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    async def sign_in(self, *rooms: str) -> None:
        """Become a guest, join ``rooms``, and take their positions to begin from."""
        answer = await self._fetch("/poll")
        (hello,) = [push for push in json.loads(answer.body)["data"] if push["type"] == "hello"]
        self._session, self.user = hello["session"], hello["user"]
        for room in rooms:
            await self.post({"type": "join", "room": room})
        answer = await self._fetch("/poll")
        self._take(json.loads(answer.body)["data"])

    async def roam(self, transport: str) -> None:
        """Read over ``transport`` until it ends or this is cancelled."""
        await getattr(self, f"_{transport}")()

    async def send(self, room: str, text: str, key: str) -> Push:
        """Send by whatever carries us now, again with the same key until it is answered."""
        command = {"type": "send", "room": room, "text": text, "key": key}
        while True:
            socket = self._socket
            if socket is None:
                return await self.post(command)
            self._next_id += 1
            reply = self._replies[self._next_id] = asyncio.get_running_loop().create_future()
            try:
                await socket.write_message(json.dumps({**command, "id": self._next_id}))
                return await reply
            except (WebSocketClosedError, ConnectionError):
                if self._socket is socket:  # closed, and its reading has not noticed yet
                    self._socket = None

    def move_to(self, urls: Sequence[str]) -> None:
        """Send the next requests to these."""
        self._urls = urls

    async def until_resync(self) -> None:
        """Return when we have been told to load a room anew."""
        while not self.resyncs:
            self._changed.clear()
            await self._changed.wait()

    async def post_all(self, commands: list[Push]) -> None:
        """Send many at once; all of them must be answered with ok."""
        answer = await self._fetch("/send", method="POST", body=json.dumps(commands))
        replies = json.loads(answer.body)["replies"]
        assert [reply["type"] for reply in replies] == ["ok"] * len(commands), replies

    async def post(self, command: Push) -> Push:
        answer = await self._fetch("/send", method="POST", body=json.dumps(command))
        reply: Push = json.loads(answer.body)["replies"][0]
        return reply

    async def until(self, count: int) -> None:
        """Return when that many messages have been applied."""
        while sum(len(pushes) for pushes in self.messages.values()) < count:
            self._changed.clear()
            await self._changed.wait()

    @property
    def messages(self) -> dict[str, list[Push]]:
        return {
            room: [push for push in pushes if push["type"] == "message"]
            for room, pushes in self.log.items()
        }

    def _take(self, pushes: list[Push]) -> None:
        for push in pushes:
            match push:
                case {"type": "ok" | "error" | "pong", "id": int(id_)}:
                    if (reply := self._replies.pop(id_, None)) and not reply.done():
                        reply.set_result(push)
                case {"type": "hello", "rooms": rooms}:
                    for state in rooms:
                        place = (state["epoch"], state["offset"])
                        self.positions.setdefault(state["room"], place)
                case {"type": "resync", "room": room, "epoch": epoch, "offset": offset}:
                    self.resyncs += 1
                    self.positions[room] = (epoch, offset)
                case {"room": room, "epoch": epoch, "offset": offset}:
                    self._apply(room, epoch, offset, push)
        self._changed.set()

    def _apply(self, room: str, epoch: str, offset: int, push: Push) -> None:
        known_epoch, last = self.positions.get(room, (epoch, offset - 1))
        if epoch == known_epoch and offset <= last:
            self.dropped += 1
            return
        if (epoch, offset) != (known_epoch, last + 1):
            raise HoleSeen(f"{room}: {epoch}:{offset} after {known_epoch}:{last}")
        self.positions[room] = (epoch, offset)
        self.log.setdefault(room, []).append(push)

    # One way of reading for each transport.

    async def _websocket(self) -> None:
        url = self._attach_url("/chat").replace("http", "ws", 1)
        # Of our own: a cancelled read_message() takes along what had just come, the end too.
        inbox: Inbox = asyncio.Queue()
        connecting = websocket_connect(
            HTTPRequest(url, headers={"Cookie": self._cookie}),
            on_message_callback=inbox.put_nowait,
        )
        try:
            socket = await asyncio.shield(connecting)
        except asyncio.CancelledError:  # we roamed on: open it all the same, to close it
            await self._hang_up(await connecting, inbox)
            raise
        self._socket = socket
        message: str | bytes | None = ""
        try:
            while (message := await inbox.get()) is not None:
                self._take([json.loads(message)])
        finally:
            if self._socket is socket:
                self._socket = None
            # Before hanging up, which may be cancelled: nobody else would tell the senders.
            replies, self._replies = self._replies, {}
            for reply in replies.values():
                if not reply.done():  # lost with the connection: the sender asks again
                    reply.set_exception(ConnectionError())
                    reply.exception()  # its sender may not have come to wait for it yet
            await self._hang_up(socket, inbox, message)

    async def _sse(self) -> None:
        async with self._get("/events") as body:
            while line := await body.readline():
                if line.startswith(b"data: "):
                    self._take([json.loads(line[6:])])

    async def _longpoll(self) -> None:
        while True:
            async with self._get("/poll") as body:
                self._take(json.loads(await body.read())["data"] or [])

    async def _hang_up(
        self, socket: WebSocketClientConnection, inbox: Inbox, message: str | bytes | None = ""
    ) -> None:
        """Close, and wait for the other side to do so: then the socket is closed.

        ``message`` was the last that came. What is on its way is not lost: it is behind our cursor.
        """
        socket.close()
        while message is not None:
            message = await inbox.get()

    @asynccontextmanager
    async def _get(self, path: str) -> AsyncIterator[asyncio.StreamReader]:
        """Attach by GET; leaving hangs up, as a browser does that navigates away."""
        url = urlsplit(self._attach_url(path))
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        try:
            head = f"GET {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\n"
            writer.write(f"{head}Cookie: {self._cookie}\r\nConnection: close\r\n\r\n".encode())
            status = await reader.readline()
            assert b" 200 " in status, status
            await reader.readuntil(b"\r\n\r\n")
            yield reader
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def _attach_url(self, path: str) -> str:
        return f"{self.url}{path}?session={self._session}&cursor={self.cursor}"

    async def _fetch(self, path: str, **options: Any) -> Any:
        url = path if path.startswith("http") else self.url + path
        headers = {"Cookie": self._cookie} if self._cookies else {}
        answer = await self._http.fetch(
            HTTPRequest(url, headers=headers, request_timeout=60, **options), raise_error=False
        )
        # All servers are one host here, as behind a load balancer.
        for cookie in answer.headers.get_list("Set-Cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer
