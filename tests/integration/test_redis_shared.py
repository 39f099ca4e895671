"""Deployments share a Redis, by databases or by prefixes, and hear nothing of each other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from chat.accounts.blocklist import Block, Why
from chat.backplane.base import Backplane
from chat.backplane.redis import Keys, RedisBackplane, RedisOptions
from chat.backplane.redis import backup as redis_archive
from chat.backplane.redis.connect import close, connect_when_ready
from chat.clock import SystemClock
from chat.protocol.pushes import Typing
from chat.rooms import LOBBY
from chat.settings.redis_url import RedisUrl
from tests.contract.backplane_contract import ADA, Recorder, message
from tests.support.redis_server import RedisServer, run_redis

# The same keys in two databases, and in one of them three prefixes, one of which begins another.
PLACES = ((0, "parley:"), (1, "parley:"), (0, "other:"), (0, "parley:b:"))


@asynccontextmanager
async def deployed(
    server: RedisServer, db: int, prefix: str
) -> AsyncIterator[tuple[Backplane, Recorder]]:
    url = RedisUrl.parse(f"redis://127.0.0.1:{server.port}/{db}")
    backplane = RedisBackplane(RedisOptions(url=url, prefix=prefix), clock=SystemClock())
    listener = Recorder()
    await backplane.start(listener)
    try:
        yield backplane, listener
    finally:
        await backplane.stop()


def test_neither_entries_nor_typing_nor_bans_cross_over_and_backups_have_their_own() -> None:
    async def scenario(server: RedisServer) -> None:
        async with AsyncExitStack() as stack:
            deployments = [
                await stack.enter_async_context(deployed(server, *place)) for place in PLACES
            ]
            for number, (backplane, _) in enumerate(deployments):
                name = f"only {number}"
                await backplane.follow([LOBBY])
                await backplane.follow_user("ada")
                await backplane.append(message(name))
                await backplane.publish(LOBBY, Typing(room=LOBBY, user=f"u{number}", name=name))
                await backplane.announce("ada", "s", name)
                await backplane.block(Block(who=name, why=Why.BANNED, until_s=9e9))
            for number, (_, listener) in enumerate(deployments):
                name = f"only {number}"
                await listener.until(
                    lambda listener=listener, name=name: any(
                        note[0] == "attached" and note[-1] == name for note in listener.heard
                    )
                )
                assert [e.decode().text for e in listener.entries] == [name]
                assert [n[-1].user for n in listener.heard if isinstance(n[-1], Typing)] == [
                    f"u{number}"
                ]
                assert {block.who for block in listener.blocks} == {name}
        for number, (db, prefix) in enumerate(PLACES):
            url = RedisUrl.parse(f"redis://127.0.0.1:{server.port}/{db}")
            options = RedisOptions(url=url, prefix=prefix)
            client = await connect_when_ready(options)
            text = repr([record async for record in redis_archive.dump(client, options.keys)])
            await close(client)
            assert [n for n in range(len(PLACES)) if f"only {n}" in text] == [number]

    with run_redis() as server:
        asyncio.run(scenario(server))
        with server.client() as client:
            names = {name.decode().split("{")[0] for name in client.keys("*{*")}
    assert names == {
        "parley:",
        "parley:user:",
        "other:",
        "other:user:",
        "parley:b:",
        "parley:b:user:",
    }


def test_names_of_database_0_and_the_usual_prefix_are_those_of_versions_before() -> None:
    keys = Keys()
    assert keys.all_instances == "parley:everybody"
    assert keys.feed(LOBBY) == "parley:{general}:feed"
    assert keys.user_feed(ADA.user) == "parley:user:{ada}:feed"
    assert keys.head(LOBBY) == Keys(db=1).head(LOBBY) == "parley:{general}:head"
