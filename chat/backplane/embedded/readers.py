"""Connections that read: one for the event loop, and one for each thread that runs queries."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from chat.backplane.embedded import schema
from chat.backplane.embedded.failures import FilesReplaced, reason
from chat.clock import Clock
from chat.errors import Unavailable
from chat.metrics.store import StoreMetrics
from chat.protocol.codes import Code

T = TypeVar("T")

# With two threads, one long history request does not delay all clients that catch up.
THREADS: Final = 2


class Readers:
    """Runs queries in threads; ``nowait`` is for those that are cheaper on the event loop."""

    def __init__(
        self, path: Path, metrics: StoreMetrics, clock: Clock, check_files: Callable[[], None]
    ) -> None:
        """``check_files`` raises FilesReplaced if a connection would open other files."""
        self._path = path
        self._metrics = metrics
        self._clock = clock
        self._check_files = check_files
        self._local = threading.local()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="parley-reader")
        self.nowait = schema.connect(path, busy_s=0)  # never waits for a lock
        self._connections: list[sqlite3.Connection] = [self.nowait]

    async def query(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Return the result of ``query``, run in a thread. Raises Unavailable."""
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, lambda: query(self._connection())
            )
        except (sqlite3.Error, FilesReplaced) as error:
            self._metrics.refused(reason(error), now_s=self._clock.monotonic())
            raise Unavailable(
                Code.UNAVAILABLE, "The message store can't be read now; try again.", retry_ms=2000
            ) from error

    async def stop(self) -> None:
        """Wait for running queries, then close all connections."""
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._connections:
            connection.close()

    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._local, "connection"):
            self._check_files()  # else SQLite would create a new, empty file
            self._local.connection = schema.connect(self._path)
            self._connections.append(self._local.connection)
        connection: sqlite3.Connection = self._local.connection
        return connection
