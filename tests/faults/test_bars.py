"""A block applies on every instance within 1 s, and outlives restarts."""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.metrics import read_metrics
from tests.support.server import run_server
from tests.support.site import Site, run_site
from tests.support.wire import TRANSPORTS, WAIT_S

REFUSED = " WARNING tornado.access: 401 "
REACHED_S = 1.0  # as docs/security.md promises


async def read_at(url: str, transport: str) -> float:
    """Return how many readers are attached at ``url`` by ``transport``."""
    async with Client(url) as client:
        return (await read_metrics(client))["parley_attached", transport]


async def somebody(url: str) -> str:
    """Return the cookie of a new guest."""
    async with Client(url) as client:
        await client.get("/api/rooms")
        assert client.cookie is not None
        return client.cookie


async def sign_out(url: str, cookie: str) -> None:
    async with Client(url) as client:
        client.cookie = cookie
        assert (await client.post("/logout")).code == 303


async def status_of(url: str, cookie: str) -> int:
    async with Client(url) as client:
        client.cookie = cookie
        return (await client.get("/api/rooms", {"Accept": "application/json"})).code


@in_a_loop(30)
async def test_who_signs_out_at_one_instance_is_out_at_the_others(site: Site) -> None:
    site.expect(REFUSED)
    here, there, elsewhere = site.urls
    cookie = await somebody(here)
    async with AsyncExitStack() as stack:
        readers = [Client(there) for _ in TRANSPORTS]
        for reader, transport in zip(readers, TRANSPORTS, strict=True):
            reader.cookie = cookie
            await stack.enter_async_context(reader.reading(transport))
        async with asyncio.timeout(WAIT_S):
            for transport in TRANSPORTS:
                while await read_at(there, transport) == 0:  # noqa: ASYNC110  there is no event
                    await asyncio.sleep(0.01)
        began = time.monotonic()
        await sign_out(here, cookie)
        for reader in readers:
            assert (await reader.until_type("goodbye"))["code"] == 4502
            assert time.monotonic() - began < REACHED_S
    for url in (here, there, elsewhere):
        while await status_of(url, cookie) != 401:
            assert time.monotonic() - began < REACHED_S


@in_a_loop(60)
async def test_an_instance_that_starts_later_knows_who_has_signed_out(site: Site) -> None:
    site.expect(REFUSED)
    server = site.servers[0]
    cookie = await somebody(server.url)
    server.kill()
    await sign_out(site.urls[1], cookie)
    await asyncio.to_thread(server.start)
    assert await status_of(server.url, cookie) == 401


@in_a_loop(60)
async def test_an_instance_that_was_frozen_hears_of_it_when_it_goes_on(site: Site) -> None:
    site.expect(REFUSED)
    server = site.servers[0]
    cookie = await somebody(server.url)
    server.pause()
    await sign_out(site.urls[1], cookie)
    server.go_on()
    async with asyncio.timeout(WAIT_S):
        while await status_of(server.url, cookie) != 401:  # noqa: ASYNC110  there is no event
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("is_killed", [False, True])
@in_a_loop(60)
async def test_one_process_knows_after_a_restart_who_has_signed_out(
    tmp_path: Path, is_killed: bool
) -> None:
    with run_server(tmp_path) as server:
        cookie = await somebody(server.url)
        assert await status_of(server.url, cookie) == 200
        await sign_out(server.url, cookie)
        if is_killed:
            server.kill()
        else:
            await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)
        assert await status_of(server.url, cookie) == 401


@in_a_loop(60)
async def test_what_redis_could_not_store_is_not_said_to_be_done() -> None:
    """Otherwise a user would believe that a stolen cookie no longer works."""
    with run_site(1) as site:
        (url,) = site.urls
        cookie = await somebody(url)
        site.redis.kill()
        async with Client(url) as client:
            client.cookie = cookie
            answer = await client.post("/logout", headers={"Accept": "application/json"})
            assert (answer.code, json.loads(answer.body)["code"]) == (503, "unavailable")
            assert client.cookie == cookie
