"""The tests' interface to the hostile network: a port, a thread, a mode that can change."""

import asyncio
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.hostile.connection import Connection
from tests.support.hostile.modes import Habits, Mode


class HostileNetwork:
    """A proxy before a port of 127.0.0.1. May be used from any thread; see ``run_hostile``."""

    def __init__(self, target_port: int, loop: asyncio.AbstractEventLoop, habits: Habits) -> None:
        self.port = 0
        self.connections = 0  # opened by clients, in all
        self._target_port = target_port
        self._loop = loop
        self._habits = habits
        self._open: set[Connection] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def mode(self) -> Mode:
        return self._habits.mode

    @property
    def upgrades(self) -> int:
        """Return how many upgrades the server has accepted."""
        return self._habits.upgrades

    @property
    def requests(self) -> Counter[str]:
        """Return the number of requests by path, whatever their outcome, upgrades included."""
        return self._habits.requests.copy()

    @property
    def down_at(self) -> list[float]:
        """Return when bytes reached a client, by time.monotonic."""
        return self._habits.down_at.copy()

    def become(self, mode: Mode | str) -> None:
        """Change the mode for new and for open connections; return when it is in force."""
        self.wait_for(self._become(Mode(mode)))

    def wait_for(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        # Accept no more connections, but let those that were just accepted reach ``_accept``:
        # closing the server before that would leave their sockets open.
        for listening in self._server.sockets:
            self._loop.remove_reader(listening.fileno())
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            for connection in tuple(self._open):
                connection.cut()
            await asyncio.wait(tasks)
        self._server.close()
        await self._server.wait_closed()

    async def _become(self, mode: Mode) -> None:
        self._habits.mode = mode
        if mode is Mode.SWALLOW_ALL:
            self._habits.is_alive.clear()
        else:
            self._habits.is_alive.set()
        for connection in tuple(self._open):
            connection.look_again()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection = Connection(self._habits, self._target_port, reader, writer)
        self._open.add(connection)
        connection.task.add_done_callback(lambda _: self._open.discard(connection))


@contextmanager
def run_hostile(
    target_port: int,
    *,
    rtt_ms: float = 50,
    mode: Mode | str = Mode.FRIENDLY,
    cut_after_s: float = 10,
    idle_s: float = 10,
    post_delay_s: float = 2,
) -> Iterator[HostileNetwork]:
    """Run a network before ``target_port``, in its own thread; it is stopped at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="hostile network")
    thread.start()
    try:
        habits = Habits(
            rtt_s=rtt_ms / 1000, cut_after_s=cut_after_s, idle_s=idle_s, post_delay_s=post_delay_s
        )
        network = HostileNetwork(target_port, loop, habits)
        network.wait_for(network.start())
        try:
            network.become(mode)
            yield network
        finally:
            network.wait_for(network.stop())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
