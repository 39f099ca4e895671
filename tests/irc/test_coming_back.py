"""Members miss nothing, whatever their connection and its instance came to."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.irc.conftest import IrcServer
from tests.support.aio import in_a_loop
from tests.support.irc import MODERN, IrcClient
from tests.support.members import PASSWORD, Member
from tests.support.ports import free_port
from tests.support.redis_server import run_redis
from tests.support.server import ServerProcess, run_server


@contextmanager
def running(**env: str) -> Iterator[IrcServer]:
    port = free_port()
    with run_server(RATE_LIMITS="off", IRC_PORT=str(port), **env) as process:
        yield IrcServer(process, port)


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[IrcServer, IrcServer]]:
    """Two instances with one Redis."""
    with run_redis() as redis:
        env = {"REDIS_URL": redis.url, "SECRET": "shared by all instances"}
        with running(**env) as one, running(**env) as two:
            yield one, two


@in_a_loop(20)
async def test_what_was_said_before_an_instance_is_killed_is_not_missed() -> None:
    with running() as server:
        async with Member(server.url) as member:
            name = await member.sign_up()
            await member.command(type="join", room="kept")
            async with IrcClient.member(server.port, name, PASSWORD) as client:
                await client.expect(" 366 .* #kept ")
                await member.command(type="send", room="kept", text="before", key="k1")
                await client.expect("PRIVMSG #kept before")
                server.process.kill()
            server.process.start()
            await member.command(type="send", room="kept", text="after", key="k2")
            async with IrcClient.member(server.port, name, PASSWORD) as client:
                await client.expect("PRIVMSG #kept before")  # it never said that it had it
                await client.expect("PRIVMSG #kept after")


@in_a_loop(30)
async def test_a_restart_loses_and_repeats_nothing() -> None:
    with running(DRAIN_NOTICE_S="0") as server:
        async with Member(server.url) as member:
            name = await member.sign_up()
            await member.command(type="join", room="kept")
            async with IrcClient.member(server.port, name, PASSWORD) as client:
                await client.expect(" 366 .* #kept ")
                await member.command(type="send", room="kept", text="before", key="k1")
                await client.expect("PRIVMSG #kept before")
                stopping = asyncio.create_task(asyncio.to_thread(server.process.stop))
                assert "ERROR :Closing link: " in (await client.until_closed())[-1]
                await stopping
            server.process.start()
            await member.command(type="send", room="kept", text="after", key="k2")
            async with IrcClient.member(server.port, name, PASSWORD) as client:
                await client.expect("PRIVMSG #kept after")
                assert not [line for line in client.seen if line.endswith(" before")]


@in_a_loop(20)
async def test_a_reset_connection_costs_nothing(server: IrcServer) -> None:
    async with Member(server.url) as member:
        name = await member.sign_up()
        async with IrcClient.member(server.port, name, PASSWORD) as client:
            client.writer.transport.abort()
        await member.command(type="send", room="general", text="while away", key="away1")
        async with IrcClient.member(server.port, name, PASSWORD) as client:
            await client.expect("PRIVMSG #general :while away")


@in_a_loop(20)
async def test_clients_of_two_instances_talk_with_each_other(
    pair: tuple[IrcServer, IrcServer],
) -> None:
    one, two = pair
    async with (
        IrcClient.guest(one.port, "anna", caps=MODERN) as anna,
        IrcClient.guest(two.port, "bert") as bert,
    ):
        anna.send("JOIN #across")
        await anna.expect(" 366 anna #across ")
        bert.send("JOIN #across")
        await anna.expect(":bert!.* JOIN #across")
        anna.send("PRIVMSG #across :from one")
        await bert.expect(":anna!.* PRIVMSG #across :from one")
        bert.send("PRIVMSG #across :from two", "PRIVMSG anna :psst")
        await anna.expect(":bert!.* PRIVMSG #across :from two")
        await anna.expect(":bert!.* PRIVMSG anna psst")
        bert.send("PART #across")
        await anna.expect(":bert!.* PART #across")


@in_a_loop(20)
async def test_who_comes_back_on_another_instance_gets_what_they_missed(
    pair: tuple[IrcServer, IrcServer],
) -> None:
    one, two = pair
    async with Member(one.url) as member:
        name = await member.sign_up()
        await member.command(type="join", room="hops")

        async def say(text: str) -> str:
            sent = await member.command(type="send", room="hops", text=text, key=text)
            return f"hops:{sent['epoch']}:{sent['offset']}"

        async with IrcClient.member(one.port, f"{name}@plain", PASSWORD) as client:
            await client.expect(" 366 .* #hops ")
            seen = await say("seen")
            await client.expect("PRIVMSG #hops seen")
            client.send("QUIT")
            await client.until_closed()
        await say("missed")
        async with IrcClient.member(two.port, f"{name}@plain", PASSWORD) as client:
            await client.expect("PRIVMSG #hops missed")
            assert not [line for line in client.seen if line.endswith(" seen")]
        async with IrcClient.member(two.port, name, PASSWORD, caps=MODERN) as client:
            client.send(f"CHATHISTORY AFTER #hops msgid={seen} 50")
            await client.expect("PRIVMSG #hops missed")
            await client.expect("BATCH -")
            assert len([line for line in client.seen if "PRIVMSG #hops" in line]) == 1


@in_a_loop(40)
async def test_two_workers_serve_one_port() -> None:
    with run_redis() as redis, tempfile.TemporaryDirectory() as folder:
        port = free_port()
        env = {"REDIS_URL": redis.url, "WEB_CONCURRENCY": "2", "IRC_PORT": str(port)}
        server = ServerProcess(Path(folder), {**env, "BUNDLE": "off", "RATE_LIMITS": "off"})
        server.start()
        try:
            async with IrcClient.guest(port, "reader") as reader:
                for number in range(8):  # by chance alone, one worker has all in 1 of 128 runs
                    async with IrcClient.guest(port, f"writer{number}") as writer:
                        writer.send(f"PRIVMSG #general :number {number}")
                        await reader.expect(f"PRIVMSG #general :number {number}")
        finally:
            server.stop()
