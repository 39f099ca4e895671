"""Queries run in threads, and their failures are Unavailable."""

import sqlite3
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import IsolatedAsyncioTestCase

from chat.backplane.embedded import schema
from chat.backplane.embedded.failures import FilesReplaced
from chat.backplane.embedded.readers import Readers
from chat.errors import Unavailable
from chat.metrics.store import StoreMetrics
from tests.unit.fakes import SetClock


class ReadersTest(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.path = Path(self.enterContext(TemporaryDirectory())) / "parley.sqlite3"
        schema.prepare(self.path)
        self.metrics, self.is_replaced = StoreMetrics(), False
        self.readers = Readers(self.path, self.metrics, SetClock(), self.check)
        self.addAsyncCleanup(self.readers.stop)

    def check(self) -> None:
        if self.is_replaced:
            raise FilesReplaced


class TestReaders(ReadersTest):
    async def test_a_query_runs_in_a_thread(self) -> None:
        thread = await self.readers.query(lambda connection: threading.current_thread())
        assert thread is not threading.current_thread()

    async def test_a_query_that_fails_is_unavailable_and_the_reason_is_kept(self) -> None:
        with self.assertRaises(Unavailable):
            await self.readers.query(lambda connection: connection.execute("SELECT no"))
        assert self.metrics.problem == "The database fails."

    async def test_no_new_file_is_made_where_the_database_was(self) -> None:
        self.is_replaced = True
        with self.assertRaises(Unavailable):
            await self.readers.query(lambda connection: None)

    async def test_a_connection_that_never_waits_fails_at_once_while_another_holds_the_lock(
        self,
    ) -> None:
        other = schema.connect(self.path)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        with self.assertRaises(sqlite3.OperationalError):
            self.readers.nowait.execute("BEGIN IMMEDIATE")
