"""Searches the index, in threads: a search never holds up the event loop."""

import asyncio
import logging
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from chat.errors import Unavailable
from chat.followers.search import files, reads
from chat.metrics.followers import FollowerMetrics
from chat.protocol.codes import Code
from chat.rooms.search import Found, Index, Places
from chat.rooms.search_query import Query

log: Final = logging.getLogger(__name__)

# With two threads, one long search does not delay all others.
THREADS: Final = 2
# A search looks at no more messages after this time.
LIMIT_S: Final = 0.5
# Searches that wait for a thread: each has the time above, and nobody waits for minutes.
MAX_WAITING: Final = 20
RETRY_MS: Final = 2000


class _NotThere(Exception):
    """The follower has not made the index yet."""


class SearchReader(Index):
    """Reads the index that a SearchFollower writes, here or in another process."""

    def __init__(self, data_dir: Path, metrics: FollowerMetrics) -> None:
        """``metrics`` are those of the follower: what it can't keep up to date is not searched."""
        self._path = files.path_of(data_dir)
        self._metrics = metrics
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="parley-search")
        self._local = threading.local()
        self._connections: set[sqlite3.Connection] = set()
        self._waiting = 0
        self._problem: str | None = None

    async def find(self, query: Query, places: Places, *, below: int | None, limit: int) -> Found:
        if self._metrics.problem is not None:
            raise _unavailable("The search does not work now; try again later.")
        if self._waiting >= THREADS + MAX_WAITING:
            raise _unavailable("Too many are searching now; try again.")
        self._waiting += 1
        try:
            found = await asyncio.get_running_loop().run_in_executor(
                self._threads, lambda: self._find(query, places, below, limit)
            )
        except _NotThere as error:
            raise _unavailable("The search is not ready yet; try again.") from error
        except reads.TooSlow as error:
            raise _unavailable("This takes too long to search; look for rarer words.") from error
        except sqlite3.Error as error:
            if self._problem != str(error):  # once, not for each search
                log.warning("The search index can't be read: %s", error)
            self._problem = str(error)
            raise _unavailable("The search does not work now; try again later.") from error
        finally:
            self._waiting -= 1
        self._problem = None
        return found

    async def stop(self) -> None:
        """Wait for running searches, then close all connections."""
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._connections:
            connection.close()

    def _find(self, query: Query, places: Places, below: int | None, limit: int) -> Found:
        end_s = time.monotonic() + LIMIT_S
        connection = self._open()
        try:
            return reads.find(
                connection,
                query,
                places,
                below=below,
                limit=limit,
                is_over=lambda: time.monotonic() >= end_s,
            )
        except sqlite3.Error:
            self._close()
            raise

    def _open(self) -> sqlite3.Connection:
        """Return this thread's connection to the file that is there now."""
        try:
            inode = self._path.stat().st_ino
        except FileNotFoundError as error:
            raise _NotThere from error
        except OSError as error:
            raise sqlite3.OperationalError(str(error)) from error
        if getattr(self._local, "inode", None) != inode:
            self._close()
            opened = files.open_to_read(self._path)
            if opened is None:
                raise _NotThere
            self._local.connection, self._local.inode = opened, inode
            self._connections.add(opened)
        connection: sqlite3.Connection = self._local.connection
        return connection

    def _close(self) -> None:
        if getattr(self._local, "inode", None) is not None:
            self._local.connection.close()
            self._connections.discard(self._local.connection)
            self._local.inode = None


def _unavailable(message: str) -> Unavailable:
    return Unavailable(Code.UNAVAILABLE, message, retry_ms=RETRY_MS)
