"""Bad input: a clear answer to each kind, and no harm to others."""

import asyncio
import struct
from collections.abc import Sequence

import pytest

from tests.irc.conftest import IrcServer
from tests.support.aio import in_a_loop
from tests.support.irc import IrcClient


@pytest.mark.parametrize(
    ("data", "answers"),
    [
        (b"PRIVMSG #general :" + b"a" * 600, ["417"]),
        (b"A" * 10_000, ["417"]),
        (b"@" + b"a" * 5000 + b" PING x", ["417"]),
        (b"PRIVMSG #general :\xff\xfe", ["INVALID_UTF8"]),
        (b"PRIVMSG #general :a\0b", ["INVALID_MESSAGE"]),
        (b"PRIVMSG #general :a\rQUIT :b", ["INVALID_MESSAGE"]),
        (b"\x02\x03 !!", ["INVALID_MESSAGE"]),
        (b"FOO bar", ["421"]),
        (b"PRIVMSG", ["411"]),
        (b"PRIVMSG #general", ["412"]),
        (b"PRIVMSG #general :\x02\x03\x02", ["412"]),
        (b"PRIVMSG a,b,c,d,e :x", ["407"]),
        (b"JOIN", ["461"]),
        (b"JOIN #" + b"x" * 70, ["403"]),
        (b"USER a 0 * :a", ["462"]),
        (b"PASS x", ["462"]),
        (b"NICK", ["431"]),
        (b"CAP FOO", ["410"]),
        (b"MONITOR ?", ["INVALID_PARAMS"]),
        (b"BATCH +1 what #general", ["MULTILINE_INVALID"]),
        (b"\r\n\n\n", []),
    ],
)
@in_a_loop(10)
async def test_a_bad_line_is_answered(
    server: IrcServer, data: bytes, answers: Sequence[str]
) -> None:
    async with IrcClient.guest(server.port, "bad", caps="standard-replies") as client:
        client.send_bytes(data + b"\r\n")
        lines = await client.sync()
        assert len(lines) == len(answers), lines
        for line, answer in zip(lines, answers, strict=True):
            assert f" {answer} " in line


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        (b"POST / HTTP/1.0\r\n\r\nNICK evil\r\nUSER a 0 * :a\r\n", "HTTP/1.1 400 Bad Request"),
        (b"\x16\x03\x01\x02\x00\x01", "ERROR :Closing link: this port speaks IRC without TLS"),
        (b"A" * 100_000, "ERROR :Closing link: a line without an end"),
    ],
)
@in_a_loop(10)
async def test_whoever_speaks_something_else_is_hung_up_on(
    server: IrcServer, data: bytes, answer: str
) -> None:
    async with IrcClient.connect(server.port) as client:
        client.send_bytes(data)
        assert (await client.until_closed())[0] == answer


@in_a_loop(10)
async def test_a_request_that_comes_in_pieces_is_one_of_http(server: IrcServer) -> None:
    async with IrcClient.connect(server.port) as client:
        client.send_bytes(b"POST / HT")
        await asyncio.sleep(0)
        client.send_bytes(b"TP/1.1\r\nNICK evil\r\nUSER a 0 * :a\r\n")
        assert await client.line() == "HTTP/1.1 400 Bad Request"


@in_a_loop(10)
async def test_irc_on_the_port_of_http_is_answered_by_http(server: IrcServer) -> None:
    async with IrcClient.connect(server.process.port) as client:
        client.send("NICK a", "USER a 0 * :a")
        assert (await client.line()).startswith("HTTP/1.1 400")


@in_a_loop(30)
async def test_10000_joins_at_once_are_answered_one_by_one(server: IrcServer) -> None:
    async with IrcClient.guest(server.port, "many") as client:
        client.send_bytes(b"".join(b"JOIN #p-%d\r\n" % number for number in range(10_000)))
        client.send("PING end")
        line = await client.expect(" (403|PONG) ")
        assert " 403 " in line
        await client.expect(" PONG .*end")
        assert len([line for line in client.seen if " 403 " in line]) == 10_000


@in_a_loop(10)
async def test_a_batch_that_does_not_end_is_given_up(server: IrcServer) -> None:
    caps = "batch message-tags draft/multiline standard-replies"
    async with IrcClient.guest(server.port, "batcher", caps=caps) as client:
        client.send("BATCH +1 draft/multiline #general", "@batch=1 PRIVMSG #general :a", "PING x")
        await client.expect("FAIL BATCH MULTILINE_INVALID")
        await client.expect(" PONG ")
        line = "@batch=2 PRIVMSG #general :" + "a" * 400
        client.send("BATCH +2 draft/multiline #general", *[line] * 60)
        await client.expect("FAIL BATCH MULTILINE_MAX_BYTES")


@in_a_loop(10)
async def test_a_reset_connection_is_forgotten(server: IrcServer) -> None:
    async with IrcClient.guest(server.port, "stays") as stays:
        async with IrcClient.guest(server.port, "resets") as client:
            await stays.expect(":resets!.* JOIN #general")
            client.send("JOIN #other")
            await client.expect(" 366 resets #other ")
            sock = client.writer.get_extra_info("socket")
            sock.setsockopt(1, 13, struct.pack("ii", 1, 0))  # SO_LINGER: reset at the close
            client.writer.transport.abort()
        await stays.expect(":resets!.* QUIT :")
