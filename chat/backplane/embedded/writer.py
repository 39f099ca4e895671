"""Writes in one thread: all work of one turn of the event loop is one transaction.

The loop passes a turn's work to the thread and goes on. The thread commits it, together with all
work queued meanwhile, and passes the results back. So the loop never waits for the disk, and many
writes of a busy loop share one fsync.
"""

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from itertools import groupby, islice
from typing import Any, Final, NamedTuple, TypeVar

from chat.backplane.embedded.failures import FilesReplaced, reason
from chat.clock import Clock, SystemClock
from chat.errors import ChatError, Unavailable
from chat.metrics.store import StoreMetrics
from chat.protocol.codes import Code

Item = TypeVar("Item")
T = TypeVar("T")

log: Final = logging.getLogger(__name__)

# A full disk or a locked file takes time to fix; a person may have to free some space.
RETRY_MS: Final = 2000


class _Task(NamedTuple):
    work: Callable[..., Any]
    future: asyncio.Future[Any]
    is_apart: bool = False
    items: Sequence[Any] | None = None  # what the work is to be done with, together with others'


class _Done(NamedTuple):
    task: _Task
    result: Any
    error: Exception | None


class Writer:
    """Runs work on one connection, in the order it was submitted, in transactions.

    ``on_commit`` is called on the loop with the results of a transaction's successful work, in
    order, before the futures of that work are resolved.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        on_commit: Callable[[list[Any]], None],
        metrics: StoreMetrics | None = None,
        clock: Clock | None = None,
        check: Callable[[], None] = lambda: None,
        check_stored: Callable[[], None] = lambda: None,
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        """Start the thread. ``check`` is called before each transaction, ``check_stored`` after it.

        They raise FilesReplaced if the open files are not the ones that another process would open.
        ``on_failure`` is called in the thread when nothing of a transaction was stored.
        """
        self._connect = connect
        self._on_commit = on_commit
        self._metrics = metrics or StoreMetrics()
        self._clock = clock or SystemClock()
        self._check = check
        self._check_stored = check_stored
        self._on_failure = on_failure
        self._loop = asyncio.get_running_loop()
        self._turn: list[_Task] = []
        self._turns: queue.SimpleQueue[list[_Task] | None] = queue.SimpleQueue()
        self._is_stopped = False
        self._thread = threading.Thread(target=self._run, name="parley-writer", daemon=True)
        self._thread.start()

    def submit(
        self, work: Callable[[sqlite3.Connection], T], *, is_apart: bool = False
    ) -> asyncio.Future[T]:
        """Return a future of ``work``'s result, done after the commit.

        ``work`` may raise ChatError, but only before it writes anything. If SQLite fails, or
        ``work`` raises any other error, all work of the transaction fails with Unavailable.
        ``is_apart`` runs ``work`` in a transaction of its own, so that it can't fail others.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        self._put(_Task(work, future, is_apart))
        return future

    def submit_all(
        self,
        work: Callable[[sqlite3.Connection, Sequence[Item]], Sequence[T]],
        items: Sequence[Item],
    ) -> asyncio.Future[list[T]]:
        """Return a future of ``work``'s result for each of ``items``, as ``submit`` does.

        What is submitted one after the other with the same ``work`` is done by one call.
        """
        future: asyncio.Future[list[T]] = self._loop.create_future()
        self._put(_Task(work, future, items=items))
        return future

    def _put(self, task: _Task) -> None:
        if self._is_stopped:
            raise Unavailable(
                Code.UNAVAILABLE, "The server is stopping; try again.", retry_ms=RETRY_MS
            )
        self._metrics.asked += 1
        self._metrics.waiting += 1
        if not self._turn:
            self._loop.call_soon(self._hand_over)
        self._turn.append(task)

    async def stop(self) -> None:
        """Finish all submitted work, then end the thread."""
        self._hand_over()
        self._is_stopped = True
        self._turns.put(None)
        await asyncio.to_thread(self._thread.join)
        await asyncio.sleep(0)  # the results of the last transaction are delivered by now

    def _hand_over(self) -> None:
        if self._turn:
            self._turns.put(self._turn)
            self._turn = []

    # The methods below run in the thread, except _deliver and _note.

    def _run(self) -> None:
        connection = self._connect()  # can't fail: the tables were prepared just before
        is_ending = False
        while not is_ending:
            waiting = [self._turns.get()]
            while not self._turns.empty():
                waiting.append(self._turns.get())
            is_ending = None in waiting
            tasks = [task for turn in waiting if turn is not None for task in turn]
            together = [task for task in tasks if not task.is_apart]
            apart = [[task] for task in tasks if task.is_apart]
            for group in [together, *apart]:
                began = time.monotonic()
                done, failure = self._transact(connection, group)
                took_s = time.monotonic() - began
                self._loop.call_soon_threadsafe(self._deliver, done, took_s, failure)
        connection.close()

    def _transact(
        self, connection: sqlite3.Connection, tasks: Sequence[_Task]
    ) -> tuple[list[_Done], Exception | None]:
        done: list[_Done] = []
        if not tasks:  # the turn was only the signal to stop
            return done, None
        try:
            self._check()
            connection.execute("BEGIN IMMEDIATE")
            for _, same in groupby(tasks, key=lambda task: task.work):
                done += _do(connection, [*same])
            connection.execute("COMMIT")
            self._check_stored()
        except Exception as failure:  # whatever failed, every future must be resolved
            if not isinstance(failure, sqlite3.Error | FilesReplaced):
                log.exception("Nothing of a transaction of %d was stored", len(tasks))
            _roll_back(connection)
            self._on_failure()
            return [_Done(task, None, _unavailable(failure)) for task in tasks], failure
        return done, None

    def _deliver(self, done: Sequence[_Done], took_s: float, failure: Exception | None) -> None:
        self._note(len(done), took_s, failure)
        # Publish before acknowledging: an answer then means that the readers were served.
        self._on_commit([result for _, result, error in done if error is None])
        for task, result, error in done:
            if task.future.done():  # the caller was cancelled
                continue
            if error is None:
                task.future.set_result(result)
            else:
                task.future.set_exception(error)

    def _note(self, size: int, took_s: float, failure: Exception | None) -> None:
        if not size:
            return
        now_s = self._clock.monotonic()
        if failure is None:
            self._metrics.batch_done(size, took_s)
            self._metrics.stored(now_s=now_s)
            return
        is_news = self._metrics.refused(reason(failure), now_s=now_s)
        self._metrics.batch_done(size, took_s, problem=reason(failure))
        if is_news:  # log once, not for each refused write while the disk is full
            log.warning("Nothing of a transaction of %d was stored: %s", size, failure)


def _do(connection: sqlite3.Connection, tasks: Sequence[_Task]) -> list[_Done]:
    """Do the tasks, which have the same work."""
    if tasks[0].items is not None:
        items = [item for task in tasks for item in task.items or ()]
        results = iter(tasks[0].work(connection, items))
        return [_Done(task, [*islice(results, len(task.items or ()))], None) for task in tasks]
    done = []
    for task in tasks:
        try:
            done.append(_Done(task, task.work(connection), None))
        except ChatError as refusal:
            done.append(_Done(task, None, refusal))
    return done


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        try:
            connection.execute("ROLLBACK")
        except sqlite3.Error as error:  # a damaged file: the next transaction will fail, too
            log.warning("A transaction could not be rolled back: %s", error)


def _unavailable(failure: Exception) -> Unavailable:
    error = Unavailable(
        Code.UNAVAILABLE, "The message store can't write now; try again.", retry_ms=RETRY_MS
    )
    error.__cause__ = failure
    return error
