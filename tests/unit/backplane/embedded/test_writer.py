"""One turn of the loop is one transaction; what fails, fails alone or altogether, as promised."""

import asyncio
import sqlite3
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import IsolatedAsyncioTestCase

from chat.backplane.embedded.writer import Writer
from chat.errors import Refused, Unavailable
from chat.metrics.store import REFUSED_HOLD_S, StoreMetrics
from chat.protocol.codes import Code
from tests.unit.fakes import SetClock


class WriterTest(IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "db"
        with sqlite3.connect(self.path) as connection:
            connection.execute("CREATE TABLE words (word TEXT)")
        connection.close()
        self.commits: list[list[Any]] = []
        self.statements: list[str] = []
        self.metrics = StoreMetrics()
        self.clock = SetClock()
        self.writer = Writer(self.connect, self.commits.append, self.metrics, self.clock)
        self.addAsyncCleanup(self.writer.stop)

    def connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None)
        connection.set_trace_callback(self.statements.append)
        return connection

    def stored(self) -> list[str]:
        connection = sqlite3.connect(self.path)
        words = [word for (word,) in connection.execute("SELECT word FROM words ORDER BY rowid")]
        connection.close()
        return words

    def write(self, word: str) -> "asyncio.Future[str]":
        def work(connection: sqlite3.Connection) -> str:
            connection.execute("INSERT INTO words VALUES (?)", (word,))
            return word

        return self.writer.submit(work)

    def refuse(self) -> "asyncio.Future[str]":
        def work(connection: sqlite3.Connection) -> str:
            raise Refused(Code.FORBIDDEN, "no")

        return self.writer.submit(work)

    def fail(self) -> "asyncio.Future[str]":
        def work(connection: sqlite3.Connection) -> str:
            connection.execute("INSERT INTO nowhere VALUES (1)")
            return "never"

        return self.writer.submit(work)


class TestTransactions(WriterTest):
    async def test_all_of_one_turn_is_one_transaction_in_the_order_of_the_calls(self) -> None:
        words = [str(n) for n in range(50)]
        self.assertEqual(await asyncio.gather(*map(self.write, words)), words)
        self.assertEqual(self.stored(), words)
        self.assertEqual(self.commits, [words])
        self.assertEqual(self.statements.count("COMMIT"), 1)

    async def test_what_is_submitted_for_the_same_work_one_after_the_other_is_done_by_one_call(
        self,
    ) -> None:
        calls: list[list[int]] = []

        def double(connection: sqlite3.Connection, numbers: Sequence[int]) -> list[int]:
            calls.append([*numbers])
            return [2 * number for number in numbers]

        results = await asyncio.gather(
            self.writer.submit_all(double, [1, 2]),
            self.writer.submit_all(double, [3]),
            self.write("a"),
            self.writer.submit_all(double, [4]),
        )
        self.assertEqual(results, [[2, 4], [6], "a", [8]])
        self.assertEqual(calls, [[1, 2, 3], [4]])
        self.assertEqual(self.commits, [[[2, 4], [6], "a", [8]]])

    async def test_each_turn_that_is_waited_for_is_a_transaction_of_its_own(self) -> None:
        await self.write("a")
        await self.write("b")
        self.assertEqual(self.commits, [["a"], ["b"]])

    async def test_turns_that_queue_up_while_the_disk_is_busy_share_one_transaction(self) -> None:
        is_writing, may_go_on = threading.Event(), threading.Event()

        def slow(connection: sqlite3.Connection) -> str:
            is_writing.set()
            may_go_on.wait(10)
            return "slow"

        futures = [self.writer.submit(slow)]
        await asyncio.to_thread(is_writing.wait, 10)
        for word in "abc":
            futures.append(self.write(word))
            await asyncio.sleep(0)  # so each is a turn of its own
        may_go_on.set()
        await asyncio.gather(*futures)
        self.assertEqual(self.commits, [["slow"], ["a", "b", "c"]])

    async def test_it_is_published_before_it_is_acknowledged(self) -> None:
        future = self.write("a")
        seen: list[int] = []
        future.add_done_callback(lambda _: seen.append(len(self.commits)))
        await future
        await asyncio.sleep(0)
        self.assertEqual(seen, [1])

    async def test_the_loop_goes_on_while_the_disk_is_busy(self) -> None:
        may_go_on = threading.Event()
        future = self.writer.submit(lambda connection: may_go_on.wait(10))
        for _ in range(10):
            await asyncio.sleep(0)
        self.assertFalse(future.done())
        may_go_on.set()
        self.assertTrue(await future)


class TestFailures(WriterTest):
    async def test_a_refusal_is_its_own_and_the_others_are_stored(self) -> None:
        results = await asyncio.gather(
            self.write("a"), self.refuse(), self.write("b"), return_exceptions=True
        )
        self.assertEqual((results[0], results[2]), ("a", "b"))
        self.assertIsInstance(results[1], Refused)
        self.assertEqual(self.stored(), ["a", "b"])
        self.assertEqual(self.commits, [["a", "b"]])

    async def test_a_failure_stores_nothing_publishes_nothing_and_everybody_may_try_again(
        self,
    ) -> None:
        with self.assertLogs("chat.backplane.embedded.writer", "WARNING") as logs:
            results = await asyncio.gather(
                self.write("a"), self.fail(), self.refuse(), return_exceptions=True
            )
        for result in results:
            self.assertIsInstance(result, Unavailable)
            self.assertGreater(result.retry_ms, 0)
        self.assertIsInstance(results[1].__cause__, sqlite3.OperationalError)
        self.assertEqual(self.stored(), [])
        self.assertEqual([entry for commit in self.commits for entry in commit], [])
        self.assertEqual(len(logs.records), 1)

    async def test_the_next_transaction_after_a_failure_works(self) -> None:
        with self.assertLogs("chat.backplane.embedded.writer", "WARNING"):
            with self.assertRaises(Unavailable):
                await self.fail()
        self.assertEqual(await self.write("a"), "a")
        self.assertEqual(self.stored(), ["a"])

    async def test_who_stops_waiting_has_it_stored_and_published_all_the_same(self) -> None:
        future = self.write("a")
        future.cancel()
        await self.write("b")
        self.assertEqual(self.stored(), ["a", "b"])
        self.assertEqual(self.commits, [["a", "b"]])


class TestStopping(WriterTest):
    async def test_what_was_handed_over_is_stored_and_acknowledged_first(self) -> None:
        futures = [self.write(word) for word in "abc"]
        await self.writer.stop()
        self.assertEqual([future.result() for future in futures], ["a", "b", "c"])
        self.assertEqual(self.stored(), ["a", "b", "c"])

    async def test_nothing_is_taken_after_that(self) -> None:
        await self.writer.stop()
        with self.assertRaises(Unavailable):
            self.write("late")


class TestVitals(WriterTest):
    async def test_a_transaction_is_one_batch_however_much_is_in_it(self) -> None:
        futures = [self.write("a"), self.refuse(), self.write("b")]
        self.assertEqual((self.metrics.asked, self.metrics.waiting), (3, 3))
        await asyncio.wait(futures)
        self.assertEqual(self.metrics.waiting, 0)
        self.assertEqual((self.metrics.batch_s.count, self.metrics.failures), (1, 0))
        self.assertIsInstance(futures[1].exception(), Refused)

    async def test_the_store_is_down_from_a_failure_until_it_has_worked_for_a_while(self) -> None:
        with self.assertLogs("chat.backplane.embedded.writer", "WARNING"):
            with self.assertRaises(Unavailable):
                await self.fail()
        self.assertEqual((self.metrics.is_up, self.metrics.failures), (False, 1))
        self.clock.now += REFUSED_HOLD_S - 0.1
        await self.write("a")
        self.assertEqual((self.metrics.is_up, self.metrics.failures), (False, 1))
        self.clock.now += 0.1
        await self.write("b")
        self.assertEqual((self.metrics.is_up, self.metrics.failures), (True, 1))
