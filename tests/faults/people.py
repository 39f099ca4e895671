"""Who is there when something breaks: a reader on each transport, and somebody who talks."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Self

from tests.support.clients import TRANSPORTS, Client, Push
from tests.support.reader import ANSWER_S, LOST, RETURN_S, Place, Reader

_keys = itertools.count()


def new_key() -> str:
    """Return a key that no test has used; it is the text, too."""
    return f"k{next(_keys)}"


@asynccontextmanager
async def readers_on(urls: Sequence[str], **options: Any) -> AsyncIterator[list[Reader]]:
    """Attach a reader by each transport, each to another instance."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(Reader(url, transport, **options))
            for transport, url in zip(TRANSPORTS, itertools.cycle(urls), strict=False)
        ]


class Talker:
    """A guest who says things to instances of their choice; ``acknowledged`` is key -> place."""

    def __init__(self, url: str) -> None:
        self.acknowledged: dict[str, Place] = {}
        self.client = Client(url)

    async def __aenter__(self) -> Self:
        await self.client.__aenter__()
        async with self.client.request("/poll?hello=1"):
            pass  # we are somebody now
        return self

    async def __aexit__(self, *exit_: Any) -> None:
        await self.client.__aexit__(*exit_)

    async def try_to_say(self, key: str, *, url: str | None = None, room: str = "general") -> Push:
        """Return the reply, whatever it is; raises one of LOST where none comes."""
        if url is not None:
            self.client.url = url
        async with asyncio.timeout(ANSWER_S):
            return await self.client.command_alone(type="send", room=room, text=key, key=key)

    async def say(self, key: str, *, url: str | None = None, room: str = "general") -> Place:
        """Say it, again with the same key until it is acknowledged; return where it stands."""
        while True:
            try:
                reply = await self.try_to_say(key, url=url, room=room)
            except LOST:
                reply = {"code": "unavailable", "retry_ms": RETURN_S * 1000}
            if reply.get("type") == "ok":
                self.acknowledged[key] = (reply["epoch"], reply["offset"])
                return self.acknowledged[key]
            assert reply["code"] == "unavailable", reply
            await asyncio.sleep(reply["retry_ms"] / 1000)  # as the server asks

    async def talk(self, urls: Sequence[str], is_over: asyncio.Event) -> None:
        """Say one thing after the other, each to the next instance, until ``is_over``."""
        for url in itertools.cycle(urls):
            if is_over.is_set():
                return
            await self.say(new_key(), url=url)


@asynccontextmanager
async def talking(talkers: Sequence[Talker], urls: Sequence[str]) -> AsyncIterator[None]:
    """Have all of them talk; at the end they finish what they are saying, and stop."""
    is_over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for talker in talkers:
            group.create_task(talker.talk(urls, is_over))
        try:
            yield
        finally:
            is_over.set()


@asynccontextmanager
async def talkers_at(url: str, count: int) -> AsyncIterator[list[Talker]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Talker(url)) for _ in range(count)]


def assert_heard_all(reader: Reader, stored: Sequence[tuple[str, int, str]]) -> None:
    """``reader`` was given what stands in the log from where it began: each once, in order."""
    heard = [(p["epoch"], p["offset"], p["key"]) for p in reader.heard if p["type"] == "message"]
    assert heard, "nothing was said"
    assert heard == [entry for entry in stored if entry[:2] >= heard[0][:2]]
