"""A laptop is shut in mid-conversation and opened again elsewhere, over something else."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import permutations

import pytest
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from tests.support.redis_server import run_redis
from tests.support.roamer import TRANSPORTS, Roamer
from tests.support.server import run_server

MESSAGES = 500
WAIT_S = 60


@pytest.fixture(scope="module")
def instances() -> Iterator[list[str]]:
    """The addresses of two instances on one Redis."""
    with ExitStack() as stack:
        redis = stack.enter_context(run_redis())
        env = {"RATE_LIMITS": "off", "REDIS_URL": redis.url, "SECRET": "shared by all instances"}
        yield [stack.enter_context(run_server(**env)).url for _ in range(2)]


async def talk(writer: Roamer, first: int, count: int) -> None:
    """Say ``count`` things in batches, as one who is on a good line."""
    for start in range(first, first + count, 100):
        texts = [f"m{number}" for number in range(start, min(start + 100, first + count))]
        await writer.post_all(
            [{"type": "send", "room": "general", "text": text, "key": text} for text in texts]
        )


async def read(reader: Roamer, transport: str, count: int) -> None:
    """Read over ``transport`` until ``count`` messages have come in all; then hang up."""
    roaming = asyncio.create_task(reader.roam(transport))
    async with asyncio.timeout(WAIT_S):
        await reader.until(count)
    roaming.cancel()
    await asyncio.wait([roaming])


async def go_away_and_come_back(urls: list[str], before: str, after: str) -> list[str]:
    dice, http = random.Random(0), SimpleAsyncHTTPClient(force_instance=True)
    writer, reader = Roamer(urls, http, dice), Roamer(urls[:1], http, dice)
    await writer.sign_in()
    await reader.sign_in()
    await talk(writer, 0, 1)
    await read(reader, before, 1)
    await talk(writer, 1, MESSAGES)
    reader.move_to(urls[1:])
    await read(reader, after, 1 + MESSAGES)
    http.close()
    assert reader.resyncs == 0
    return [push["text"] for push in reader.messages["general"]]


# Each transport is left for each other one; staying on one is covered by these as well.
@pytest.mark.parametrize(("before", "after"), [*permutations(TRANSPORTS, 2)])
def test_500_messages_missed_are_there_once_on_another_instance_and_transport(
    before: str, after: str, instances: list[str]
) -> None:
    expected = [f"m{number}" for number in range(1 + MESSAGES)]
    assert asyncio.run(go_away_and_come_back(instances, before, after)) == expected


async def stay_away_too_long(url: str, transport: str) -> Roamer:
    dice, http = random.Random(0), SimpleAsyncHTTPClient(force_instance=True)
    writer, reader = Roamer([url], http, dice), Roamer([url], http, dice)
    await writer.sign_in()
    await reader.sign_in()
    await talk(writer, 0, 1)
    await read(reader, transport, 1)
    await talk(writer, 1, MESSAGES)
    roaming = asyncio.create_task(reader.roam(transport))
    async with asyncio.timeout(WAIT_S):
        await reader.until_resync()
        await talk(writer, 1 + MESSAGES, 1)
        await reader.until(2)
    roaming.cancel()
    await asyncio.wait([roaming])
    http.close()
    return reader


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_who_was_away_beyond_what_is_kept_is_told_to_load_anew_and_goes_on(
    transport: str,
) -> None:
    with run_server(RATE_LIMITS="off", HISTORY_LIMIT="100") as server:
        reader = asyncio.run(stay_away_too_long(server.url, transport))
    assert reader.resyncs == 1
    texts = [push["text"] for push in reader.messages["general"]]
    assert texts == ["m0", f"m{1 + MESSAGES}"], "a part of what was trimmed came all the same"
