"""However an instance is told to stop, and whatever hangs, it leaves in order, in time, with 0."""

import asyncio
import json
import os
import signal
import socket
import sqlite3
import time
from contextlib import AsyncExitStack, closing, suppress
from pathlib import Path

import pytest

from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.redis_server import RedisServer, run_redis
from tests.support.server import ServerProcess, run_server
from tests.support.wire import LOST, TRANSPORTS, Push

TERM, INT = signal.SIGTERM, signal.SIGINT


def tell(server: ServerProcess, *signals: signal.Signals) -> None:
    """Send ``signals``, and return when the first has been taken note of."""
    for number in signals:
        os.kill(server.pid, number)
    server.until_logged("Stopping")


async def leave(server: ServerProcess) -> str:
    """Return what it has logged when it has ended, which is with 0."""
    assert await asyncio.to_thread(server.exit_code) == 0
    return "".join(server.log)


@pytest.mark.parametrize(
    "signals", [(TERM,), (INT,), (TERM, TERM, INT)], ids=lambda names: "-".join(map(str, names))
)
@in_a_loop(30)
async def test_told_once_or_often_it_tells_everybody_when_to_come_back(
    signals: tuple[signal.Signals, ...],
) -> None:
    with run_server() as server:
        async with AsyncExitStack() as stack:
            receivers = [
                await stack.enter_async_context(Client(server.url).reading(transport))
                for transport in TRANSPORTS
            ]
            tell(server, *signals)
            for receiver in receivers:
                goodbye = await receiver.until_type("goodbye")
                assert goodbye["code"] == 4000
                assert 0 <= goodbye["retry_ms"] <= 2000
            log = await leave(server)
    assert "Stopped" in log
    assert " WARNING " not in log and " ERROR " not in log


@in_a_loop(30)
async def test_it_is_told_again_until_the_very_end() -> None:
    with run_server() as server:
        tell(server, TERM)
        with suppress(ProcessLookupError):
            while server.log[-1].find("Stopped") < 0:
                os.kill(server.pid, TERM)
                await asyncio.sleep(0)
        await leave(server)


@in_a_loop(30)
async def test_balancers_may_notice_that_it_is_draining_before_anybody_else() -> None:
    with run_server(DRAIN_NOTICE_S="2") as server:
        async with (
            Client(server.url) as client,
            Client(server.url).reading("websocket") as receiver,
        ):
            assert (await client.get("/readyz")).code == 200
            tell(server, TERM)
            server.until_logged("Not ready any more")
            answer = await client.get("/readyz")
            assert answer.code == 503
            assert "draining" in json.loads(answer.body)["reasons"][0]
            assert (await client.get("/healthz")).code == 200
            # Newcomers are served, and those who are there go on.
            sent = await client.command(type="send", room="general", text="still here", key="k")
            assert sent["type"] == "ok"
            await receiver.until(lambda push: push.get("text") == "still here")
            assert all(push["type"] != "goodbye" for push in receiver.seen.heard)
            await receiver.until_type("goodbye")
            await leave(server)


def halves(server: ServerProcess) -> tuple[bytes, bytes]:
    """Return a request in two parts."""
    body = json.dumps({"type": "ping"}).encode()
    head = f"POST /send HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body[:3], body[3:]


@in_a_loop(30)
async def test_what_is_being_asked_is_answered_and_the_answer_says_that_it_is_the_last() -> None:
    with run_server() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        with closing(writer):
            first, second = halves(server)
            writer.write(first)
            # So that it has been read: another request is answered after it.
            async with Client(server.url) as client:
                await client.get("/healthz")
            tell(server, TERM)
            server.until_logged("Sending 0 clients elsewhere")
            writer.write(second)
            answer = (await reader.read()).decode()
        assert answer.startswith("HTTP/1.1 200 OK\r\n")
        assert "\r\nConnection: close\r\n" in answer
        assert '"pong"' in answer
        assert "WARNING" not in await leave(server)


@in_a_loop(30)
async def test_a_held_poll_that_repeats_the_last_is_answered_and_told_that_it_is_the_last() -> None:
    with run_server() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        with closing(writer):

            def poll(cursor: str = "", cookie: str = "") -> None:
                fields = f"Host: 127.0.0.1:{server.port}\r\nCookie: {cookie}\r\n"
                query = f"hold_s={20 if cursor else 0}&cursor={cursor}"
                writer.write(f"GET /poll?{query} HTTP/1.1\r\n{fields}\r\n".encode())

            async with Client(server.url) as other:
                poll()
                head, answer = await read_answer(reader)
                cookie = head.partition("Set-Cookie: ")[2].partition(";")[0]
                for number in range(2):  # the usual way, and then again, which goes a shorter one
                    poll(answer["cursor"], cookie)
                    await other.command(type="send", room="general", text="x", key=str(number))
                    head, answer = await read_answer(reader)
                    assert "Connection: close" not in head
                poll(answer["cursor"], cookie)
                await other.get("/healthz")  # answered after the poll was read
                repeated = (await other.get("/metrics")).body.decode()
                assert "parley_repeated_polls_total 2" in repeated
            tell(server, TERM)
            head, last = await read_answer(reader)
            assert "Connection: close" in head
            assert [push["type"] for push in last["data"]] == ["goodbye"]
            assert last["cursor"] == answer["cursor"]
            assert await reader.read() == b"", "it is closed"
        await leave(server)


async def read_answer(reader: asyncio.StreamReader) -> tuple[str, Push]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = int(head.partition("Content-Length: ")[2].partition("\r\n")[0])
    return head, json.loads(await reader.readexactly(length))


UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


def deaf(server: ServerProcess, path: str, fields: str = "") -> socket.socket:
    """Ask for ``path`` on a connection of which nothing will be read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # the kernel reads little
    connection.connect(("127.0.0.1", server.port))
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{fields}\r\n"
    connection.sendall(head.encode())
    return connection


@in_a_loop(60)
async def test_who_never_reads_is_not_waited_for() -> None:
    with run_server(RATE_LIMITS="off") as server:
        async with (
            Client(server.url) as client,
            Client(server.url).reading("websocket") as receiver,
        ):
            with closing(deaf(server, "/chat", UPGRADE)), closing(deaf(server, "/events")):
                await client.get("/healthz")  # answered after those were read
                # Less than what a reader is shed for, and more than the kernel takes for it.
                await client.send_all({str(n): "x" * 4000 for n in range(80)})
                await receiver.until(lambda push: push.get("key") == "79")
                began_s = time.monotonic()
                tell(server, TERM)
                await receiver.until_type("goodbye")
                log = await leave(server)
        assert "Stopped" in log and "WARNING" not in log
        assert time.monotonic() - began_s < 12.0, "it had 25 s, and takes 2 of them"


@in_a_loop(40)
async def test_a_redis_that_does_not_answer_does_not_hold_it() -> None:
    with run_redis() as redis, run_server(REDIS_URL=redis.url, DRAIN_S="3") as server:
        async with (
            Client(server.url) as client,
            Client(server.url).reading("websocket") as receiver,
        ):
            redis.pause()
            asking = asyncio.create_task(
                client.command(type="send", room="general", text="?", key="k")
            )
            await asyncio.sleep(0)
            tell(server, TERM)
            await receiver.until_type("goodbye")
            log = await leave(server)
            assert "The store does not come to an end" in log or "Not done in 3 s" in log
            with suppress(*LOST, ValueError):
                await asking


@in_a_loop(40)
async def test_told_before_it_has_started_it_does_not_start(tmp_path: Path) -> None:
    redis = RedisServer(tmp_path)  # that nobody has started
    server = ServerProcess(tmp_path, {"REDIS_URL": redis.url})
    server.launch()
    try:
        server.until_logged("Redis")  # it waits for it
        tell(server, TERM)
        await leave(server)
    finally:
        server.kill()


@in_a_loop(40)
async def test_a_disk_that_does_not_answer_does_not_hold_it(tmp_path: Path) -> None:
    with run_server(tmp_path, DRAIN_S="2") as server:
        async with Client(server.url) as client:
            await client.command(type="send", room="general", text="stored", key="1")
            # Whoever writes waits for this lock, for longer than the instance has to leave.
            with closing(sqlite3.connect(tmp_path / "parley.sqlite3")) as other:
                other.execute("BEGIN IMMEDIATE")
                asking = asyncio.create_task(
                    client.command(type="send", room="general", text="waits", key="2")
                )
                async with Client(server.url) as another:  # its answer comes after that was read
                    await asyncio.sleep(0)
                    await another.get("/healthz")
                tell(server, TERM)
                log = await leave(server)
            assert "The store does not come to an end" in log
            with suppress(*LOST, ValueError):
                await asking
        server.start()
        async with Client(server.url) as client:
            history = json.loads((await client.get("/api/rooms/general/messages")).body)
            assert [message["text"] for message in history["messages"]] == ["stored"]
