"""A full process says so to new clients, and goes on serving those that are connected."""

import asyncio
import json
import os
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from tests.support.aio import in_a_loop
from tests.support.client import Client
from tests.support.server import ServerProcess, run_server

MAX_FILES = 240
WAIT_S = 60  # for answers that take at most the second of a pause
CALM = 0.2  # of a processor: a busy loop takes all of one

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux itself")


class Operator:
    """Sends requests over a kept connection, as balancers do, or over a new one."""

    def __init__(self, server: ServerProcess) -> None:
        self._port = server.port
        self._kept = HTTPConnection("127.0.0.1", server.port, timeout=WAIT_S)

    def ask(self, path: str) -> tuple[HTTPResponse, str]:
        return self._ask(self._kept, path)

    def ask_anew(self, path: str) -> tuple[HTTPResponse, str]:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=WAIT_S)
        try:
            return self._ask(connection, path)
        finally:
            connection.close()

    def is_ready(self) -> bool:
        return self.ask("/readyz")[0].status == 200

    def close(self) -> None:
        self._kept.close()

    def _ask(self, connection: HTTPConnection, path: str) -> tuple[HTTPResponse, str]:
        connection.request("GET", path)
        response = connection.getresponse()
        return response, response.read().decode()


@contextmanager
def operating(server: ServerProcess) -> Iterator[Operator]:
    operator = Operator(server)
    try:
        yield operator
    finally:
        operator.close()


@contextmanager
def crowd(server: ServerProcess) -> Iterator[list[socket.socket]]:
    """Yield a list for idle connections; they are closed at the end."""
    members: list[socket.socket] = []
    try:
        yield members
    finally:
        for member in members:
            member.close()


def join(members: list[socket.socket], server: ServerProcess) -> None:
    """Connect from one of eight addresses: a single one gets at most half of the places."""
    source = f"127.0.0.{2 + len(members) % 8}", 0
    members.append(socket.create_connection(("127.0.0.1", server.port), WAIT_S, source))


def processor_share(server: ServerProcess) -> float:
    """Return the share of a processor that the server uses during the next second."""
    began_s, began = processor_s(server), time.monotonic()
    time.sleep(1)  # the time itself is tested
    return (processor_s(server) - began_s) / (time.monotonic() - began)


def processor_s(server: ServerProcess) -> float:
    fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def reader(server: ServerProcess) -> AbstractAsyncContextManager[Client]:
    return Client(server.url).reading("websocket")


async def say(talker: Client, text: str, listener: Client) -> None:
    """Send ``text`` by WebSocket; wait until ``listener`` has it."""
    await talker.say(text)
    await listener.until_key(text, within_s=WAIT_S)


@in_a_loop(60)
async def test_full_it_says_so_to_whoever_asks_and_goes_on_for_those_who_are_there() -> None:
    with (
        run_server(max_files=MAX_FILES) as server,
        operating(server) as operator,
        crowd(server) as members,
    ):
        async with reader(server) as talker, reader(server) as listener:
            await say(talker, "before", listener)
            while operator.is_ready():
                assert len(members) < MAX_FILES
                join(members, server)
            admitted = len(members) - 1
            assert admitted > MAX_FILES / 3
            for _ in range(MAX_FILES):  # in all more connections than the server could ever have
                join(members, server)
            assert processor_share(server) < CALM

            await say(talker, "full", listener)
            _, stored = operator.ask("/api/rooms/general/messages")
            assert [m["text"] for m in json.loads(stored)["messages"]] == ["before", "full"]
            _, metrics = operator.ask("/metrics")
            assert f"parley_connections {admitted + 3}.0" in metrics
            assert "parley_full 1.0" in metrics
            assert 'parley_limits_total{limit="connections"} 0.0' not in metrics

            while len(members) > admitted:
                members.pop().close()
            assert not operator.is_ready(), "full until some of those that are served have gone"
            response, body = await asyncio.to_thread(operator.ask_anew, "/readyz")
            assert response.status == 503
            assert "ulimit -n" in json.loads(body)["reasons"][0]
            assert (await asyncio.to_thread(operator.ask_anew, "/healthz"))[0].status == 200
            response, body = await asyncio.to_thread(operator.ask_anew, "/chat")
            assert (response.status, json.loads(body)["code"]) == (503, "unavailable")
            assert int(response.headers["Retry-After"]) > 0
            (line,) = server.complaints()
            assert "Full with" in line

            for _ in range(admitted // 2):
                members.pop().close()
            while not operator.is_ready():  # noqa: ASYNC110  there is no event
                await asyncio.sleep(0.01)
            async with reader(server) as late:
                await say(talker, "after", late)
            server.until_logged("There is room again")
            assert len(server.complaints()) == 1


def of_the_acceptor(server: ServerProcess) -> list[str]:
    """Return its complaints: the store, which may need a descriptor then, has one of its own."""
    return [line for line in server.complaints() if "chat.net.acceptor" in line]


@in_a_loop(60)
async def test_it_stays_calm_where_the_system_itself_has_no_descriptor_left() -> None:
    with (
        run_server() as server,
        operating(server) as operator,
        crowd(server) as members,
    ):
        async with reader(server) as talker, reader(server) as listener:
            await say(talker, "before", listener)
            join(members, server)
            assert operator.is_ready()
            limits = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
            used = len(os.listdir(f"/proc/{server.pid}/fd"))
            resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (used, limits[1]))
            for _ in range(10):
                join(members, server)
            assert processor_share(server) < CALM
            await say(talker, "full", listener)
            response, body = operator.ask("/readyz")
            assert response.status == 503
            assert "can be accepted" in json.loads(body)["reasons"][0]
            assert len(of_the_acceptor(server)) == 1

            resource.prlimit(server.pid, resource.RLIMIT_NOFILE, limits)
            members.pop(0).close()
            while not operator.is_ready():  # noqa: ASYNC110  there is no event
                await asyncio.sleep(0.01)
            async with reader(server) as late:
                await say(talker, "after", late)
            assert len(of_the_acceptor(server)) == 1
