"""A laptop is shut in mid-conversation and opened again elsewhere, over something else."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import permutations

import pytest

from tests.support.client import Client
from tests.support.redis_server import run_redis
from tests.support.server import run_server
from tests.support.wire import TRANSPORTS

MESSAGES = 500
WAIT_S = 60


@pytest.fixture(scope="module")
def instances() -> Iterator[list[str]]:
    """The addresses of two instances on one Redis."""
    with ExitStack() as stack:
        redis = stack.enter_context(run_redis())
        env = {"RATE_LIMITS": "off", "REDIS_URL": redis.url, "SECRET": "shared by all instances"}
        yield [stack.enter_context(run_server(**env)).url for _ in range(2)]


async def talk(writer: Client, first: int, count: int) -> None:
    """Say ``count`` things in batches, as one who is on a good line."""
    for start in range(first, first + count, 100):
        texts = [f"m{number}" for number in range(start, min(start + 100, first + count))]
        await writer.send_all(dict(zip(texts, texts, strict=True)))


async def read(reader: Client, transport: str, count: int) -> None:
    """Read over ``transport`` until ``count`` messages have come in all; then hang up."""
    reader.attach(transport)
    async with asyncio.timeout(WAIT_S):
        await reader.until_messages(count)
    await reader.cut()


async def go_away_and_come_back(urls: list[str], before: str, after: str) -> list[str]:
    here, there = urls
    async with Client(*urls) as writer, Client(here) as reader:
        for client in (writer, reader):
            await client.poll()  # to get an identity, and the positions to begin at
        await talk(writer, 0, 1)
        await read(reader, before, 1)
        await talk(writer, 1, MESSAGES)
        reader.url = there
        await read(reader, after, 1 + MESSAGES)
        reader.seen.check_unbroken()
        return [push["text"] for push in reader.seen.messages]


# Each transport is left for each other one; staying on one is covered by these as well.
@pytest.mark.parametrize(("before", "after"), [*permutations(TRANSPORTS, 2)])
def test_500_messages_missed_are_there_once_on_another_instance_and_transport(
    before: str, after: str, instances: list[str]
) -> None:
    expected = [f"m{number}" for number in range(1 + MESSAGES)]
    assert asyncio.run(go_away_and_come_back(instances, before, after)) == expected


async def stay_away_too_long(url: str, transport: str) -> Client:
    async with Client(url) as writer, Client(url) as reader:
        for client in (writer, reader):
            await client.poll()
        await talk(writer, 0, 1)
        await read(reader, transport, 1)
        await talk(writer, 1, MESSAGES)
        reader.attach(transport)
        async with asyncio.timeout(WAIT_S):
            await reader.until_type("resync")
            await talk(writer, 1 + MESSAGES, 1)
            await reader.until_messages(2)
        return reader


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_who_was_away_beyond_what_is_kept_is_told_to_load_anew_and_goes_on(
    transport: str,
) -> None:
    with run_server(RATE_LIMITS="off", HISTORY_LIMIT="100") as server:
        reader = asyncio.run(stay_away_too_long(server.url, transport))
    assert len(reader.seen.resyncs) == 1
    texts = [push["text"] for push in reader.seen.messages]
    assert texts == ["m0", f"m{1 + MESSAGES}"], "a part of what was trimmed came all the same"
