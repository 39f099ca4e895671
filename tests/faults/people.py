"""The clients while something breaks: a reader on each transport, and talkers."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from tests.support.client import Client
from tests.support.record import Place
from tests.support.wire import TRANSPORTS

_keys = itertools.count()


def new_key() -> str:
    """Return an unused key; tests send it as the text too."""
    return f"k{next(_keys)}"


def reader_on(
    url: str, transport: str, cursor: Place | None = None
) -> AbstractAsyncContextManager[Client]:
    """Attach a reader that reconnects after each fault."""
    return Client(url, cursor=cursor).reading(transport, reconnects=True)


@asynccontextmanager
async def readers_on(
    urls: Sequence[str], cursor: Place | None = None
) -> AsyncIterator[list[Client]]:
    """Attach a reader by each transport, each to the next of ``urls``."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(reader_on(url, transport, cursor))
            for transport, url in zip(TRANSPORTS, itertools.cycle(urls), strict=False)
        ]


@asynccontextmanager
async def talkers_at(url: str, count: int) -> AsyncIterator[list[Client]]:
    async with AsyncExitStack() as stack:
        talkers = [await stack.enter_async_context(Client(url)) for _ in range(count)]
        for talker in talkers:
            await talker.poll()  # now it has an identity
        yield talkers


@asynccontextmanager
async def talker_at(url: str) -> AsyncIterator[Client]:
    async with talkers_at(url, 1) as (talker,):
        yield talker


@asynccontextmanager
async def talking(talkers: Sequence[Client], urls: Sequence[str]) -> AsyncIterator[None]:
    """Let each talker send one message after another, to one of ``urls`` after another.

    At the end each waits for its last acknowledgement, and stops.
    """
    is_over = asyncio.Event()

    async def talk(talker: Client) -> None:
        for url in itertools.cycle(urls):
            if is_over.is_set():
                return
            talker.url = url
            await talker.say(new_key())

    async with asyncio.TaskGroup() as group:
        for talker in talkers:
            group.create_task(talk(talker))
        try:
            yield
        finally:
            is_over.set()
