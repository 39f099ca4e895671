"""While Redis is away, who attaches is told when to come back, and no transport is blamed."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.event_stream import EventParser
from tests.support.site import DURABLE, REDIS_AWAY, Site, run_site
from tests.support.wire import Push

REFUSED = '{"failed": [{"transport": "websocket", "reason": "refused", "after_ms": 30}]}'


@pytest.fixture(scope="module")
def shared_site() -> Iterator[Site]:
    with run_site(1, *DURABLE) as site:
        yield site


@pytest.fixture
def site(shared_site: Site) -> Iterator[Site]:
    """An instance on a Redis of its own; log lines must be expected."""
    yield shared_site
    shared_site.until_ready()
    assert not shared_site.surprises()


async def by_websocket(client: Client) -> tuple[list[Push], int | None]:
    """Return all that comes until the socket is closed, and the close code."""
    socket = await client.websocket()
    pushes = []
    while (push := await socket.read()) is not None:
        pushes.append(push)
    return pushes, socket.close_code


async def by_sse(client: Client) -> tuple[list[Push], list[str], int | None]:
    """Return all that comes until the stream ends, the events' types, and their ``retry``."""
    parser, events = EventParser(), []
    async with client.request("/events") as (_, body):
        while line := await body.readline():
            if (event := parser.line(line.decode().removesuffix("\n"))) is not None:
                events.append(event)
    return [json.loads(e.data) for e in events], [e.type for e in events], parser.retry_ms


def check_goodbye(pushes: list[Push]) -> None:
    (goodbye,) = pushes
    assert (goodbye["type"], goodbye["code"]) == ("goodbye", 4003)
    assert goodbye["retry_ms"] > 0


async def check_attaches(client: Client) -> None:
    """Attach by each transport, and see each told in its own way."""
    (told, close_code), (heard, types, retry_ms), poll, asked = await asyncio.gather(
        by_websocket(client), by_sse(client), client.get("/poll"), ask(client)
    )
    check_goodbye(told)
    assert close_code == 4003
    check_goodbye(heard)
    assert types == ["goodbye"]
    assert retry_ms, "a browser comes back by itself"
    error = json.loads(poll.body)
    assert (poll.code, error["code"]) == (503, "unavailable")
    assert error["retry_ms"] > 0
    assert "Retry-After" in poll.headers
    assert asked, "negotiation asks no store"


async def ask(client: Client) -> list[tuple[str, str]]:
    response = await client.post("/negotiate", REFUSED)
    assert response.code == 200
    return [(o["transport"], o["why"]) for o in json.loads(response.body)["transports"]]


async def check_nothing_is_blamed(client: Client) -> None:
    offers = await ask(client)
    assert [transport for transport, _ in offers] == ["websocket", "sse", "longpoll"]
    assert "store was away" in offers[0][1]


@in_a_loop(40)
async def test_who_attaches_while_redis_is_down_is_told_when_to_come_back(site: Site) -> None:
    site.expect(*REDIS_AWAY)
    async with Client(site.urls[0]) as client:
        await client.get("/poll")
        assert (await ask(client))[0][0] == "sse", "with the store there a failure counts"
        site.redis.kill()
        try:
            await check_attaches(client)
            await check_nothing_is_blamed(client)
        finally:
            site.redis.start()
        await until_back(client)


@in_a_loop(40)
async def test_who_attaches_while_redis_hangs_is_told_so_too(site: Site) -> None:
    site.expect(*REDIS_AWAY)
    async with Client(site.urls[0]) as client:
        await client.get("/poll")
        site.redis.pause()
        try:
            await check_attaches(client)
            await check_nothing_is_blamed(client)
        finally:
            site.redis.go_on()
        await until_back(client)


async def until_back(client: Client) -> None:
    """Come back as one is told to, until there is a hello."""
    while (goodbye := (await first(client)))["type"] != "hello":  # noqa: ASYNC110  as it is told
        await asyncio.sleep(goodbye["retry_ms"] / 1000)


async def first(client: Client) -> Push:
    socket = await client.websocket()
    push = await socket.read()
    await socket.close()
    assert push is not None
    return push
