"""A guest who reads one room by one transport, and whom no fault keeps from coming back.

It keeps to the rules for clients and to no more: attached with its cursor, it is to be given
what follows; a hole, or a `goodbye` that says so, has it attach again. What came is kept as it
came, for others to judge.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from tornado.httpclient import HTTPError, HTTPRequest
from tornado.websocket import WebSocketClosedError, WebSocketError, websocket_connect

from tests.support.clients import Client, Push, Socket
from tests.support.event_stream import EventParser

# What a client sees of a server that dies, is cut off or says 503.
LOST = (OSError, EOFError, HTTPError, WebSocketError)
# A client comes back soon, and does not spin while nobody is there.
RETURN_S = 0.1
# An answer that takes longer is given up: sends are answered within 6 s.
ANSWER_S = 8.0
WAIT_S = 20.0

Place = tuple[str, int]  # epoch and offset


class Reader:
    """Reads ``room`` while in ``async with``; attached when that is entered."""

    def __init__(
        self,
        url: str,
        transport: str,
        *,
        room: str = "general",
        cursor: Place | None = None,
        note: Callable[[Push], None] = lambda push: None,
    ) -> None:
        """``cursor`` is where to begin, if not now.

        ``note`` is told each push as it comes, and ``{"type": "attach"}`` before each try.
        """
        self.url = url
        self.transport = transport
        self.room = room
        self.user = ""
        self.heard: list[Push] = []
        self.place = cursor  # the position of the last logged push, and of a resync
        self.interruptions = 0  # how often the socket, the stream or a poll broke off
        self.client = Client(url)
        self._note = note
        self._session = ""
        self._socket: Socket | None = None
        self._replies: dict[int, asyncio.Future[Push]] = {}
        self._next_id = 0
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.client.__aenter__()
        self._task = asyncio.create_task(self._stay())
        await self.until(lambda push: push["type"] == "hello")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self.client.__aexit__()

    @property
    def places(self) -> list[Place]:
        """Where the messages that came stand, in the order in which they came."""
        return [(p["epoch"], p["offset"]) for p in self.heard if p["type"] == "message"]

    @property
    def keys(self) -> list[str]:
        return [push["key"] for push in self.heard if push["type"] == "message"]

    @property
    def resyncs(self) -> list[Place]:
        return [(p["epoch"], p["offset"]) for p in self.heard if p["type"] == "resync"]

    async def until(self, is_it: Callable[[Push], bool], *, within_s: float = WAIT_S) -> Push:
        """Return the first push heard, ever, that ``is_it``."""
        async with asyncio.timeout(within_s):
            while True:
                for push in self.heard:
                    if is_it(push):
                        return push
                await self.change()

    async def until_key(self, key: str, *, within_s: float = WAIT_S) -> Push:
        return await self.until(lambda push: push.get("key") == key, within_s=within_s)

    async def until_at(self, place: Place, *, within_s: float = WAIT_S) -> None:
        """Return when the cursor stands at ``place``."""
        async with asyncio.timeout(within_s):
            while self.place != place:
                await self.change()

    async def change(self) -> None:
        """Return when the next push has come, or the next interruption."""
        self._changed.clear()
        await self._changed.wait()
        if self._task.done():
            self._task.result()

    async def ask(self, **command: Any) -> Push:
        """Give a command by this transport's way; raises one of LOST where no answer comes."""
        async with asyncio.timeout(ANSWER_S):
            if self.transport != "websocket":
                return await self.client.command_alone(**command)
            if (socket := self._socket) is None:
                raise ConnectionError("not attached")
            self._next_id += 1
            id_ = self._next_id
            reply = self._replies[id_] = asyncio.get_running_loop().create_future()
            try:
                await socket.send(json.dumps({**command, "id": id_}))
                return await reply
            except WebSocketClosedError as error:
                raise ConnectionError from error
            finally:
                del self._replies[id_]

    async def _stay(self) -> None:
        attach = getattr(self, f"_{self.transport}")
        try:
            while True:
                self._note({"type": "attach"})
                with suppress(*LOST):
                    await attach()
                self.interruptions += 1
                self._changed.set()
                await asyncio.sleep(RETURN_S)
        finally:
            self._changed.set()

    def _take(self, push: Push) -> None:
        if push["type"] in ("ok", "error", "pong"):
            if (reply := self._replies.get(push.get("id", 0))) is not None and not reply.done():
                reply.set_result(push)
            return
        match push:
            case {"type": "hello", "session": session, "user": user, "rooms": rooms}:
                self._session, self.user = session, user
                if self.place is None:
                    (state,) = [state for state in rooms if state["room"] == self.room]
                    self.place = (state["epoch"], state["offset"])
            case {"type": "notification"}:
                pass  # its offset says what it is about
            case {"room": self.room, "offset": offset, "epoch": epoch}:
                known_epoch, last = self.place or ("", 0)
                if push["type"] == "resync" or epoch != known_epoch or offset > last:
                    self.place = (epoch, offset)
        self.heard.append(push)
        self._note(push)
        self._changed.set()

    @property
    def _query(self) -> str:
        # A poll with a cursor says hello only if asked, and we want to know who we are.
        query = f"?session={self._session}&room={self.room}&hello={int(not self.heard)}"
        if self.place is None:
            return query
        return query + f"&cursor={self.room}:{self.place[0]}:{self.place[1]}"

    # One way of reading for each transport. Each returns or raises where it breaks off.

    async def _websocket(self) -> None:
        url = self.url.replace("http", "ws", 1) + "/chat" + self._query
        connecting = websocket_connect(
            HTTPRequest(url, headers=self.client.headers, request_timeout=WAIT_S)
        )
        try:
            connection = await asyncio.shield(connecting)
        except asyncio.CancelledError:  # we are to go: open it all the same, to close it
            with suppress(*LOST):
                await Socket(await connecting).close()
            raise
        self.client.take_cookie(connection.headers.get("Set-Cookie"))
        socket = self._socket = Socket(connection)
        try:
            while (push := await socket.read()) is not None:
                self._take(push)
        finally:
            self._socket = None
            for reply in self._replies.values():
                if not reply.done():
                    reply.set_exception(ConnectionError("lost before its answer came"))
                    reply.exception()  # who asked may have given up
            await socket.close()

    async def _sse(self) -> None:
        async with self.client.request("/events" + self._query) as (_, body):
            parser = EventParser()
            while line := await body.readline():
                if (event := parser.line(line.decode().removesuffix("\n"))) is not None:
                    self._take(json.loads(event.data))

    async def _longpoll(self) -> None:
        while True:
            async with self.client.request("/poll" + self._query) as (head, body):
                length = int(head["Content-Length"])
                answer = json.loads(await body.readexactly(length))
            for push in answer["data"] or ():
                self._take(push)
                if push["type"] == "goodbye":
                    return
