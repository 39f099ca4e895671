"""The ports: TLS, proxies, limits, clients that are too slow, and the end of an instance."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from unittest import TestCase

import pytest

from chat.accounts.blocklist import Block, Why
from chat.application import Server
from chat.clock import Clock
from chat.errors import SettingsError
from chat.net.proxies import Proxies
from chat.protocol.limits import Limit
from chat.protocol.pushes import Person
from chat.settings.settings import Settings
from chat.transports.irc.connection import PING_S
from tests.support.aio import in_a_loop
from tests.support.irc import IrcClient
from tests.support.members import PASSWORD
from tests.support.tls import make_certificate
from tests.unit.fakes import SetClock

FAR_AWAY_S = 4e9


@asynccontextmanager
async def running(
    tmp_path: Path, clock: Clock | None = None, **more: object
) -> AsyncIterator[Server]:
    settings = Settings(
        port=0,
        address="127.0.0.1",
        data_dir=tmp_path,
        irc_port=0,
        new_guest_minutes=0,
        **more,  # type: ignore[arg-type]
    )
    server = Server(settings, clock=clock)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def port_of(server: Server, setting: str = "IRC_PORT") -> int:
    return server.ports.numbers[setting]


@in_a_loop(10)
async def test_a_client_that_is_too_slow_is_let_go_and_the_others_are_served(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, unsent_limit_bytes=32 << 10, has_rate_limits=False) as server:
        port = port_of(server)
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", port))
        sock.sendall(b"NICK deaf\r\nUSER a 0 * :a\r\n")
        async with IrcClient.guest(port, "talker") as talker:
            for number in range(900):
                talker.send(f"PRIVMSG #general :{number} {'x' * 400}")
            talker.send("PING end")
            await talker.expect(" PONG .*end")
            assert server.metrics.sheds == 1
        sock.close()


@in_a_loop(10)
async def test_tls_and_a_certificate_that_is_none(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    tls = {"irc_tls_port": 0, "irc_tls_cert": certificate, "irc_tls_key": certificate}
    async with running(tmp_path / "data", **tls) as server:
        port = port_of(server, "IRC_TLS_PORT")
        trusting = ssl.create_default_context(cafile=certificate)
        trusting.check_hostname = False
        async with IrcClient.connect(port, ssl=trusting) as client:
            await client.come_in("safe")
            client.send("JOIN #tls")
            await client.expect(" 366 safe #tls ")
            client.send("QUIT :bye")
            assert (await client.until_closed())[-1] == "ERROR :Closing link: bye"
    with pytest.raises(SettingsError, match="IRC_TLS_CERT"):
        Server(Settings(data_dir=tmp_path / "data", **{**tls, "irc_tls_cert": tmp_path / "none"}))


def test_a_port_for_tls_needs_a_certificate() -> None:
    with pytest.raises(SettingsError, match="IRC_TLS_CERT and IRC_TLS_KEY"):
        Settings.read({"IRC_TLS_PORT": "6697"})


@in_a_loop(10)
async def test_a_declared_proxy_says_who_connects(tmp_path: Path) -> None:
    proxies = Proxies.parse("127.0.0.1")
    async with running(tmp_path, proxies=proxies) as server:
        async with IrcClient.connect(port_of(server)) as client:
            client.send_bytes(b"PROXY TCP4 192.0.2.7 192.0.2.1 5 6\r\n")
            await client.come_in("proxied")
            assert server.attachments.registry.count_at("192.0.2.7") == 1
        async with IrcClient.connect(port_of(server)) as client:
            client.send_bytes(b"PROXY TCP4 nobody 192.0.2.1 5 6\r\n")
            assert "ERROR" in (await client.until_closed())[0]


@in_a_loop(10)
async def test_transports_at_a_time(tmp_path: Path) -> None:
    async with running(tmp_path, max_connections_per_address=1) as server:
        async with IrcClient.guest(port_of(server), "first"):
            async with IrcClient.connect(port_of(server)) as second:
                second.send("NICK second", "USER a 0 * :a")
                assert "ERROR :Closing link: There are 1 connections" in await second.line()


@in_a_loop(10)
async def test_without_room_for_one_more_it_is_told_so(tmp_path: Path) -> None:
    async with running(tmp_path, max_connections=1) as server:
        async with IrcClient.guest(port_of(server), "first"):
            with TestCase().assertLogs("chat.net.acceptor", "WARNING"):
                async with IrcClient.connect(port_of(server)) as second:
                    assert "ERROR :Closing link: no more connections" in await second.line()


@in_a_loop(10)
async def test_who_is_too_fast_waits_and_nothing_is_lost(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        async with IrcClient.guest(port_of(server), "fast", caps="echo-message") as fast:
            fast.send(*(f"PRIVMSG #general :{number}" for number in range(320)))
            for number in range(320):
                assert (await fast.expect("PRIVMSG")).endswith(f" {number}")


@in_a_loop(10)
async def test_a_line_about_many_channels_counts_as_many(tmp_path: Path) -> None:
    async with running(tmp_path, SetClock()) as server:  # by which no more is allowed later
        async with IrcClient.guest(port_of(server), "greedy") as client:
            client.send(*[f"NAMES {','.join(['#general'] * 34)}"] * 9)
            while not server.metrics.limits[Limit.COMMANDS]:  # noqa: ASYNC110  nobody tells this
                await asyncio.sleep(0)
            client.writer.transport.abort()


@in_a_loop(10)
async def test_an_instance_that_stops_says_goodbye(tmp_path: Path) -> None:
    async with AsyncExitStack() as clients:
        async with running(tmp_path) as server:
            port = port_of(server)
            guest = await clients.enter_async_context(IrcClient.guest(port, "guest"))
            stranger = await clients.enter_async_context(IrcClient.connect(port))
            stranger.send("PING x")
            await stranger.expect(" PONG ")
            ends = asyncio.gather(guest.until_closed(), stranger.until_closed())
        of_guest, of_stranger = await ends
        assert of_guest[-1] == "ERROR :Closing link: this instance is stopping"
        assert of_stranger[-1] == "ERROR :Closing link: this server stops"


@in_a_loop(10)
async def test_who_is_banned_is_told_so_and_out_at_once(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        port = port_of(server)
        async with IrcClient.guest(port, "pest") as pest, IrcClient.guest(port, "other") as other:
            (attachment,) = (
                one for one in server.attachments.registry.attachments
                if one.session.person.name == "pest"
            )  # fmt: skip
            user = attachment.session.person.user
            ban = Block(who=user, why=Why.BANNED, until_s=FAR_AWAY_S)
            await server.backplane.block(ban)
            lines = await pest.until_closed()
            assert "You are banned" in lines[-2] and lines[-1].startswith(
                "ERROR :Closing link: banned"
            )
            await other.expect(":pest!.* QUIT :")


@in_a_loop(10)
async def test_where_guests_are_off_only_members_come_in(tmp_path: Path) -> None:
    async with running(tmp_path, guests="off") as server:
        async with IrcClient.connect(port_of(server)) as client:
            client.send("NICK a", "USER a 0 * :a")
            await client.expect(" 464 \\* :Only members come in here")


@in_a_loop(10)
async def test_who_is_silent_is_asked_and_then_let_go(tmp_path: Path) -> None:
    clock = SetClock()
    async with running(tmp_path, clock) as server:
        async with IrcClient.guest(port_of(server), "silent") as client:
            (connection,) = server.irc.connections
            clock.now += PING_S - 1
            assert connection.ping() == b""
            clock.now += 1
            assert connection.ping() == b"PING irc.parley\r\n"
            client.send("PONG irc.parley")
            await client.sync()
            assert connection.ping() == b""
            clock.now += 2 * PING_S - 1
            assert connection.ping() != b""
            clock.now += 1
            assert connection.ping() == b""
            assert (await client.until_closed())[-1] == "ERROR :Closing link: ping timeout"


@in_a_loop(10)
async def test_a_member_is_asked_what_has_arrived_and_goes_on_from_there(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        port = port_of(server)
        person = server.accounts.people
        guest = Person(user="guest-00000000000000aa", name="Ann")
        await person.sign_up(
            guest, name="Ann", password=PASSWORD, invite="", browser="", address="127.0.0.1",
            is_newcomer=True,
        )  # fmt: skip
        async with IrcClient.guest(port, "talker") as talker:
            async with IrcClient.member(port, "Ann", PASSWORD) as client:
                (connection,) = (c for c in server.irc.connections if c.client.nick == "Ann")
                talker.send("PRIVMSG #general :one")
                await client.expect("PRIVMSG #general one")
                question = connection.ping()
                assert question.startswith(b"PING read-")
                client.send_bytes(question.replace(b"PING", b"PONG"))
                await client.sync()
                assert connection.ping() == b""
                talker.send("PRIVMSG #general :two")
                await client.expect("PRIVMSG #general two")
                client.writer.transport.abort()
            async with IrcClient.member(port, "Ann", PASSWORD) as client:
                await client.expect("PRIVMSG #general two")
                assert not [line for line in client.seen if line.endswith("PRIVMSG #general one")]
