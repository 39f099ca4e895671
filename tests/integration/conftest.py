"""For tests in the process of the server: Parley behind pytest-tornado's fixtures."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tornado.ioloop import IOLoop

from chat.application import Server
from chat.clock import Clock, SystemClock
from chat.settings.settings import Settings


@pytest.fixture
def io_loop() -> Iterator[IOLoop]:
    """A loop for ``gen_test``; the plugin's own is made current in a way that goes away."""
    io_loop = IOLoop(make_current=False)
    asyncio.set_event_loop(io_loop.asyncio_loop)  # type: ignore[attr-defined]
    yield io_loop
    asyncio.set_event_loop(None)
    io_loop.close(all_fds=True)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    # The least that may be set for a poll: as long, the log may take to answer on a busy machine.
    return Settings(
        port=0, address="127.0.0.1", data_dir=tmp_path, poll_hold_s=1.0, new_guest_minutes=0
    )


@pytest.fixture
def clock() -> Clock:
    return SystemClock()


@pytest.fixture
def http_server(io_loop: IOLoop, settings: Settings, clock: Clock) -> Iterator[Server]:
    """The whole server, so that what is tested is what is served."""
    servers: list[Server] = []

    async def start() -> None:
        servers.append(Server(settings, clock=clock))
        servers[0].port = await servers[0].start()  # type: ignore[attr-defined]

    io_loop.run_sync(start)
    yield servers[0]
    io_loop.run_sync(servers[0].stop)


@pytest.fixture
def http_port(http_server: Server) -> int:
    return int(http_server.port)  # type: ignore[attr-defined]
