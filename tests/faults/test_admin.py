"""An operator's commands reach running servers through their store alone."""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.preloaded import run
from tests.support.server import run_server
from tests.support.site import run_site
from tests.support.wire import WAIT_S

SECRET = "the same for all instances"


async def admin(env: Mapping[str, str], *words: str) -> str:
    """Run an admin command, which must succeed; return its output."""
    ended = await asyncio.to_thread(run, "admin", *words, env=env)
    assert ended.code == 0, ended.err
    return ended.out.decode().strip()


@contextmanager
def embedded(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    with run_server(folder, SECRET=SECRET) as server:
        yield server.url, {"DATA_DIR": str(folder), "SECRET": SECRET}


@contextmanager
def on_redis(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    with run_site(1) as site:
        yield site.urls[0], {"REDIS_URL": site.redis.url, "SECRET": SECRET}


Run = Callable[[Path], AbstractContextManager[tuple[str, dict[str, str]]]]
STORES = pytest.mark.parametrize("run", [embedded, on_redis])


async def let_in(client: Client) -> None:
    """Wait until ``client`` is admitted again."""
    async with asyncio.timeout(WAIT_S):
        while (await client.get("/api/rooms")).code != 200:  # noqa: ASYNC110  there is no event
            await asyncio.sleep(0.01)


async def user_of(client: Client) -> str:
    socket = await client.websocket()
    hello = await socket.read()
    assert hello is not None
    await socket.close()
    return str(hello["user"])


@STORES
@in_a_loop(60)
async def test_a_user_is_banned_and_let_in_again(run: Run, tmp_path: Path) -> None:
    with run(tmp_path) as (url, env):
        async with Client(url) as client, Client(url) as neighbour:
            user = await user_of(client)
            await user_of(neighbour)
            client.attach("websocket")
            said = await admin(env, "ban", user, "--for", "2h", "--reason", "spam")
            assert re.fullmatch(rf"{user} is banned until .* UTC\. .*", said)
            assert (await client.until_type("goodbye"))["code"] == 4503
            answer = await client.get("/api/rooms", {"Accept": "application/json"})
            assert answer.code == 403 and b"spam" in answer.body
            assert (await neighbour.get("/api/rooms")).code == 200
            assert re.fullmatch(rf"{user} until .*: spam", await admin(env, "bans"))
            await admin(env, "unban", user)
            assert await admin(env, "bans") == "Nobody is banned."
            await let_in(client)


@STORES
@in_a_loop(60)
async def test_a_user_is_banned_with_the_addresses(run: Run, tmp_path: Path) -> None:
    with run(tmp_path) as (url, env):
        async with Client(url) as client, Client(url) as neighbour:
            user = await user_of(client)
            client.attach("websocket")
            socket = await neighbour.websocket()
            assert await socket.read() is not None
            await admin(env, "ban", user, "--with-addresses", "1h")
            assert (await client.until_type("goodbye"))["code"] == 4503
            await socket.until_closed()
            assert socket.close_code == 4503
            client.cookie = None
            assert (await client.get("/api/rooms")).code == 403
            await admin(env, "unban", user)
            await let_in(client)


@STORES
@in_a_loop(60)
async def test_an_address_is_banned(run: Run, tmp_path: Path) -> None:
    with run(tmp_path) as (url, env):
        async with Client(url) as client:
            client.attach("websocket")
            await admin(env, "ban", "127.0.0.1", "--for", "30m")
            assert (await client.until_type("goodbye"))["code"] == 4503
            assert re.fullmatch(r"address:\S{12} until .* UTC", await admin(env, "bans"))
            await admin(env, "unban", "127.0.0.1")


@STORES
@in_a_loop(60)
async def test_a_token_is_made_and_ended(run: Run, tmp_path: Path) -> None:
    with run(tmp_path) as (url, env):
        token = await admin(env, "token", "Weather")
        headers = {"Authorization": f"Bearer {token}"}
        async with Client(url) as client:
            while (await client.get("/api/me", headers)).code == 401:  # noqa: ASYNC110  known within a second
                await asyncio.sleep(0.1)
            socket = await client.websocket(headers=headers)
            hello = await socket.read()
            assert hello is not None and hello["name"] == "Weather"
            await admin(env, "sign-out", hello["user"])
            await socket.until_closed()
            assert socket.close_code == 4502
            assert (await client.get("/api/rooms", headers)).code == 401
