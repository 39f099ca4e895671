"""One guest's requests, event streams and WebSockets, one at a time."""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from typing import Any, Self

from tornado.httpclient import HTTPRequest
from tornado.httputil import HTTPHeaders
from tornado.websocket import websocket_connect

from tests.support.event_stream import Event, EventParser
from tests.support.wire import LOST, WAIT_S, Answer, Connection, Inbox, Push, Socket

Query = Callable[[str], str]  # returns the next request's query, given the last poll's cursor


class HttpClient:
    """Makes requests with the cookie that it was given. Use it in ``async with``."""

    def __init__(self, *urls: str, dice: random.Random | None = None) -> None:
        """Each request goes to one of ``urls`` by ``dice``, as behind a load balancer."""
        self.urls: Sequence[str] = urls
        self._dice = dice or random.Random()
        self.cookie: str | None = None
        self._sockets: list[Socket] = []
        self._carrier: Socket | None = None  # the newest one whose pushes are read

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        async with AsyncExitStack() as stack:  # each, also where another can't be closed
            for socket in self._sockets:
                stack.push_async_callback(socket.close)

    @property
    def url(self) -> str:
        return self._dice.choice(self.urls)

    @url.setter
    def url(self, url: str) -> None:
        self.urls = [url]

    async def fetch(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        over: Connection | None = None,
    ) -> Answer:
        """Return the answer, whatever its status; raises one of LOST if there is none.

        ``over`` is a connection to use and keep; without it, a new one is closed afterwards.
        """
        fields = {} if over else {"Connection": "close"}
        if method == "POST":
            fields["Content-Type"] = "application/x-www-form-urlencoded"
        fields |= {**self._headers, **(headers or {})}
        body = body.encode() if isinstance(body, str) else body
        async with asyncio.timeout(WAIT_S + 25), AsyncExitStack() as stack:  # a poll may be held
            connection = over or await stack.enter_async_context(Connection(self.url))
            answer = await connection.ask(method, path, fields, body)
            self._take_cookies(answer.headers)
            if method == "HEAD" or answer.code in (204, 304):
                return answer
            return answer._replace(body=await connection.body(answer.headers))

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return await self.fetch("GET", path, headers=headers)

    async def post(
        self, path: str, body: bytes | str = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        return await self.fetch("POST", path, body, headers)

    async def command(self, **fields: Any) -> Push:
        """Carry out one command by POST and return its reply."""
        answer = json.loads((await self.post("/send", json.dumps(fields))).body)
        (reply,) = answer.get("replies", [answer])
        return dict(reply)

    async def send_all(self, texts: Mapping[str, str], *, room: str = "general") -> list[Push]:
        """Send ``texts``, by key, in one POST; return the replies, which must all be ok."""
        sends = [{"type": "send", "room": room, "text": t, "key": k} for k, t in texts.items()]
        answer = await self.post("/send", json.dumps(sends, ensure_ascii=False))
        replies = json.loads(answer.body)["replies"]
        assert [reply["type"] for reply in replies] == ["ok"] * len(texts), replies
        return list(replies)

    @asynccontextmanager
    async def request(
        self, path: str, headers: Mapping[str, str] | None = None, *, body: bytes | None = None
    ) -> AsyncIterator[tuple[HTTPHeaders, asyncio.StreamReader]]:
        """GET, or POST a body; yield the head of the answer and the reader of its body.

        A GET raises ConnectionError if the status is not 200.
        """
        async with Connection(self.url) as connection:
            fields = {"Connection": "close", **self._headers, **(headers or {})}
            method = "GET" if body is None else "POST"
            code, head, _ = await connection.ask(method, path, fields, body)
            if body is None and code != 200:
                raise ConnectionError(f"{path} is answered with {code}")
            self._take_cookies(head)
            yield head, connection.reader

    async def events(
        self, query: str = "", headers: Mapping[str, str] | None = None
    ) -> AsyncGenerator[Event]:
        """Yield the events of a stream; raises ConnectionError if it is no stream."""
        async with self.request(f"/events{query}", headers) as (head, reader):
            if "text/event-stream" not in head.get("Content-Type", ""):
                raise ConnectionError(str(head))
            parser = EventParser()
            while line := await reader.readline():
                if (event := parser.line(line.decode().removesuffix("\n"))) is not None:
                    yield event

    async def websocket(
        self, query: str = "", headers: Mapping[str, str] | None = None, *, path: str = "/chat"
    ) -> Socket:
        """Return a WebSocket, closed with the client; raises HTTPError if it is refused."""
        url = "ws" + self.url.removeprefix("http") + path + query
        fields = {**self._headers, **(headers or {})}
        # Its own, and read at once: a cancelled read_message() loses what has just come.
        inbox: Inbox = asyncio.Queue()
        connecting = websocket_connect(
            HTTPRequest(url, headers=fields, request_timeout=WAIT_S),
            on_message_callback=inbox.put_nowait,
        )
        try:
            connection = await asyncio.shield(connecting)
        except asyncio.CancelledError:  # complete it, in order to close it
            with suppress(*LOST):
                await Socket(await connecting, inbox).close()
            raise
        self._take_cookies(connection.headers)
        self._sockets.append(Socket(connection, inbox))
        return self._sockets[-1]

    def pushes(self, transport: str, query: str | Query = "") -> AsyncGenerator[Push]:
        """Yield the pushes of ``transport`` until it ends.

        Each poll continues from the last one's cursor, unless ``query`` is a function.
        """

        def of_next(cursor: str) -> str:
            if not isinstance(query, str):
                return query(cursor)
            if transport != "longpoll":
                return query
            return f"{query}{'&' if query else '?'}cursor={cursor}"

        by = {"websocket": self._by_websocket, "sse": self._by_sse, "longpoll": self._by_poll}
        return by[transport](of_next)

    async def _by_websocket(self, query: Query) -> AsyncGenerator[Push]:
        socket = self._carrier = await self.websocket(query(""))
        try:
            async with aclosing(socket.pushes()) as pushes:
                async for push in pushes:
                    yield push
        finally:
            if self._carrier is socket:
                self._carrier = None
            self._sockets.remove(socket)
            await socket.close()

    async def _by_sse(self, query: Query) -> AsyncGenerator[Push]:
        async with aclosing(self.events(query(""))) as events:
            async for event in events:
                yield json.loads(event.data)

    async def _by_poll(self, query: Query) -> AsyncGenerator[Push]:
        cursor = ""
        while True:
            response = await self.get(f"/poll{query(cursor)}")
            if response.code != 200:
                raise ConnectionError(f"a poll is answered with {response.code}")
            answer = json.loads(response.body)
            cursor = answer["cursor"]
            for push in answer["data"] or ():
                yield push

    @property
    def _headers(self) -> dict[str, str]:
        return {} if self.cookie is None else {"Cookie": self.cookie}

    def _take_cookies(self, headers: HTTPHeaders) -> None:
        if given := headers.get_list("Set-Cookie"):  # the second one is for the previous version
            self.cookie = given[0].partition(";")[0]
