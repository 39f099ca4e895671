"""A scriptable client: attach, send, wait, cut, change the instance, resume."""

import asyncio
import itertools
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any, Self

from tests.support.http_client import HttpClient
from tests.support.record import Place, Record
from tests.support.wire import LOST, WAIT_S, Push

# A client reconnects soon, and does not spin while no instance is there.
RETURN_S = 0.1
# The client gives up on slower answers; the server answers a send within 6 s.
ANSWER_S = 8.0
CATCH_UP_S = 20.0
LOBBY = "general"


class Client(HttpClient):
    """A guest with one session; ``seen`` records what its attached transports receive.

    Set ``url`` to change the instance; attach there to resume.
    """

    def __init__(
        self,
        *urls: str,
        cursor: Place | None = None,
        note: Callable[[Push], None] = lambda push: None,
        on_ask: Callable[[], None] = lambda: None,
        dice: random.Random | None = None,
    ) -> None:
        """Begin in the lobby at ``cursor``, if not now.

        Call ``note`` with each push, and ``on_ask`` before each poll and each other attach.
        """
        super().__init__(*urls, dice=dice)
        self.seen = Record({} if cursor is None else {LOBBY: cursor})
        self.acknowledged: dict[str, Place] = {}  # by key
        self.interruptions = 0  # of a transport that reconnects
        self.transport = ""
        self._note = note
        self._on_ask = on_ask
        self._attached: list[asyncio.Task[None]] = []
        self._changed = asyncio.Event()

    async def __aexit__(self, *exit_: object) -> None:
        await self.cut()
        await super().__aexit__(*exit_)

    @property
    def place(self) -> Place | None:
        """The position in the lobby."""
        return self.seen.positions.get(LOBBY)

    @asynccontextmanager
    async def reading(self, transport: str, *, reconnects: bool = False) -> AsyncIterator[Self]:
        """Attach, yield after hello, and detach at the end."""
        async with self:
            self.attach(transport, reconnects=reconnects)
            await self.until_type("hello")
            yield self

    def attach(self, transport: str, *, reconnects: bool = False) -> "asyncio.Task[None]":
        """Attach at the recorded positions; return a task that ends with the transport.

        Older transports go on until they are ``cut``. ``reconnects``: attach again after each
        interruption, whatever its cause.
        """
        self.transport = transport
        reading = self._stay(transport) if reconnects else self._read(transport)
        self._attached.append(asyncio.create_task(reading))
        self._attached[-1].add_done_callback(lambda _: self._changed.set())
        return self._attached[-1]

    async def cut(self, *, newest: int = 0) -> None:
        """Detach all but the ``newest`` transports; raises the error of one that has failed."""
        while len(self._attached) > newest:
            task = self._attached[0]
            task.cancel()
            await asyncio.wait([task])
            self._attached.remove(task)
            if not task.cancelled():
                task.result()

    async def poll(self, *, hello: bool = False) -> None:
        """Poll once, at the recorded positions."""
        answer = await self.get("/poll" + self._query(hello=hello))
        for push in json.loads(answer.body)["data"] or ():
            self._take(push)

    async def ask(self, **command: Any) -> Push:
        """Send a command by WebSocket if one is attached, else by POST; return the reply.

        Raises one of LOST if there is none.
        """
        async with asyncio.timeout(ANSWER_S):
            ask = self.command if self._carrier is None else self._carrier.ask
            return await ask(**command)

    async def send(self, key: str, *, room: str = LOBBY) -> Push:
        """Send ``key`` as key and text, once; as ``ask``."""
        return await self.ask(type="send", room=room, text=key, key=key)

    async def say(self, key: str, *, room: str = LOBBY) -> Place:
        """Send ``key`` again and again until it is acknowledged; return its position."""
        for pause_s in itertools.chain([0.0], itertools.repeat(RETURN_S)):
            try:
                reply = await self.send(key, room=room)
            except LOST:
                await asyncio.sleep(pause_s)
                continue
            if reply["type"] == "ok":
                break
            assert reply["code"] == "unavailable", reply
            await asyncio.sleep(reply["retry_ms"] / 1000)  # as the server says
        self.acknowledged[key] = (reply["epoch"], reply["offset"])
        return self.acknowledged[key]

    async def until(self, is_it: Callable[[Push], bool], *, within_s: float = WAIT_S) -> Push:
        """Wait for a push that ``is_it``; return the first one of all received."""
        async with asyncio.timeout(within_s):
            while True:
                for push in self.seen.heard:
                    if is_it(push):
                        return push
                await self.change()

    async def until_type(self, type_: str, *, within_s: float = WAIT_S) -> Push:
        return await self.until(lambda push: push["type"] == type_, within_s=within_s)

    async def until_key(self, key: str, *, within_s: float = CATCH_UP_S) -> Push:
        return await self.until(lambda push: push.get("key") == key, within_s=within_s)

    async def until_at(self, place: Place, *, within_s: float = CATCH_UP_S) -> None:
        """Wait until the position in the lobby is ``place``."""
        async with asyncio.timeout(within_s):
            while self.place != place:
                await self.change()

    async def until_messages(self, count: int) -> None:
        """Wait for so many new messages, in all rooms together."""
        while len(self.seen.messages) < count:
            await self.change()

    async def change(self) -> None:
        """Wait for a push or an interruption; raises the error of a transport that has failed."""
        for task in self._attached:
            if task.done() and not task.cancelled():
                task.result()
        self._changed.clear()
        await self._changed.wait()
        assert not self.seen.holes, self.seen.holes

    async def _stay(self, transport: str) -> None:
        while True:
            with suppress(*LOST):
                await self._read(transport)
            self.interruptions += 1
            self._changed.set()
            await asyncio.sleep(RETURN_S)

    async def _read(self, transport: str) -> None:
        async with aclosing(self.pushes(transport, self._query)) as pushes:
            async for push in pushes:
                self._take(push)
                if push["type"] == "goodbye" and transport == "longpoll":
                    return

    def _take(self, push: Push) -> None:
        self.seen.take(push)
        self._note(push)
        self._changed.set()

    def _query(self, answered: str = "", *, hello: bool = False) -> str:
        """Return the query of an attach, or of the poll after one with the cursor ``answered``."""
        self._on_ask()
        # A poll with a cursor gets a hello only if it asks for one; the first hello names the user.
        # Which rooms were joined or left between two polls is shown only by the cursor.
        rooms = {part.partition(":")[0] for part in answered.split(",")} if answered else set()
        hello = hello or not self.seen.heard or bool(rooms) and rooms != self.seen.positions.keys()
        query = f"?session={self.seen.session}&hello={int(hello)}"
        return query + (f"&cursor={self.seen.cursor}" if self.seen.positions else "")
