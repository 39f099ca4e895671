"""Rows 18 and 19: floods of slow clients, which wait for the server's deadlines, all at once."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle, islice

import pytest

from chat.http.limits import Timeouts
from chat.net import open_files
from tests.security.endpoints import WRITES, Endpoint, statuses
from tests.security.floods import CROWD, Work, answer, connection, crowd, withstand
from tests.support.aio import in_a_loop
from tests.support.memory import ON_LINUX
from tests.support.server import ServerProcess

pytestmark = ON_LINUX

SLOWNESS_S = 1.0  # between two bytes: less than any deadline
PAUSE_S = 0.5  # between two messages of those who chat for half a minute


async def trickle(server: ServerProcess, at_once: bytes, rest: bytes) -> tuple[bytes, float]:
    """Send ``at_once``, then ``rest`` byte by byte; return the answer, and how long it took."""
    async with connection(server) as (reader, writer):
        writer.write(at_once)
        began = time.monotonic()
        answering = asyncio.create_task(answer(reader))
        for byte in cycle(rest):
            await asyncio.wait([answering], timeout=SLOWNESS_S)
            if answering.done():
                return answering.result(), time.monotonic() - began
            with suppress(ConnectionError):
                writer.write(bytes([byte]))
    raise AssertionError


async def slow_heads(server: ServerProcess) -> None:
    heads = [trickle(server, to.head()[:-2], b"X: y\r\n") for to in crowd()]
    # One empty line before a request is skipped (RFC 9112 section 2.2), a second one is not.
    empty = [trickle(server, b"", b"\r\n") for _ in range(20)]
    begun = [trickle(server, b"\r\nG", b"X") for _ in range(20)]
    for heard, _ in await asyncio.gather(*empty):
        assert statuses(heard) == [400]
    for heard, took_s in await asyncio.gather(*heads, *begun):
        assert statuses(heard) == [408]
        assert Timeouts().head_s <= took_s < 20 + 1  # one second for this machine


async def silence(server: ServerProcess) -> None:
    async def one() -> bytes:
        async with connection(server) as (reader, _):
            return await answer(reader)

    async with asyncio.timeout(20 + 1):
        assert set(await asyncio.gather(*(one() for _ in range(CROWD)))) == {b""}


async def slow_bodies(server: ServerProcess) -> None:
    at = list(islice(cycle(WRITES), CROWD))
    starts = [to.head("Content-Length: 9999") + b"x" * 5000 for to in at]
    chunked = Endpoint("POST", "/send").head("Transfer-Encoding: chunked")
    slow = [trickle(server, start, b" ") for start in starts]
    slow += [trickle(server, chunked, b"1\r\nx\r\n") for _ in range(20)]
    for heard, took_s in await asyncio.gather(*slow):
        assert statuses(heard) == [408]
        assert Timeouts().body_s <= took_s < Timeouts().body_s + 4


Outcome = Callable[[Work], None]


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """Return a function that raises a flood's error, if it had one.

    The floods that wait for the server's deadlines all run at once, each against its own server.
    """
    open_files.raise_limit()  # three crowds are more than the usual 1,024
    floods = (slow_heads, silence, slow_bodies)
    found: dict[Work, BaseException | None] = {}

    async def withstand_all() -> None:
        each = (withstand(flood, pause_s=PAUSE_S) for flood in floods)
        found.update(zip(floods, await asyncio.gather(*each, return_exceptions=True), strict=True))

    in_a_loop(90)(withstand_all)()

    def tell(flood: Work) -> None:
        if (error := found[flood]) is not None:
            raise error

    return tell


def test_row_18_slow_heads_408_within_20_s(outcome: Outcome) -> None:
    outcome(slow_heads)


def test_row_18_who_connects_and_asks_nothing_is_hung_up_on(outcome: Outcome) -> None:
    outcome(silence)


def test_row_19_slow_bodies_408(outcome: Outcome) -> None:
    outcome(slow_bodies)
