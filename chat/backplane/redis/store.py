"""Sends commands to Redis: those of one turn of the event loop in one pipeline, in order.

Pipelines run one after another, so that commands are executed in the order of the calls. A command
waits for its reply no longer than TIMEOUT_S, however many are queued before it.
"""

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Final

from redis.exceptions import NoScriptError

from chat import log_context
from chat.backplane.redis.failures import call, reason, unavailable
from chat.backplane.redis.keys import Keys
from chat.backplane.redis.pipelines import Command, runner_of
from chat.errors import Unavailable
from chat.metrics.store import StoreMetrics

log: Final = logging.getLogger(__name__)

# A send is always answered within 6 s; this leaves a second for the network.
TIMEOUT_S: Final = 5.0
# A pipeline holds its replies in memory until it is done; this many are some 100 KB.
PIPELINE_LIMIT: Final = 500


@dataclass(eq=False, slots=True)
class _Asked:
    """Commands of one call, and the future of their replies."""

    commands: Sequence[Command]
    answers: asyncio.Future[list[Any]]
    due_s: float  # by the loop's time
    is_given_up: bool = False  # reported as failed: they must not run later

    def give_up_if_late(self, now_s: float) -> None:
        if self.due_s <= now_s and not self.answers.done():
            self.is_given_up = True
            self.fail(TimeoutError())

    def fail(self, cause: Exception) -> None:
        if not self.answers.done():
            self.answers.set_exception(unavailable(cause))
            self.answers.exception()  # mark it retrieved: the caller may never look at it


class Store:
    """Runs commands on a redis-py client."""

    def __init__(self, client: Any, keys: Keys, metrics: StoreMetrics | None = None) -> None:
        self.keys = keys
        self._run = runner_of(client)
        self._metrics = metrics or StoreMetrics()
        self._asked: deque[_Asked] = deque()
        self._running: Sequence[_Asked] = ()  # the pipeline under way
        self._worker: asyncio.Task[None] | None = None

    async def run(self, *command: Any) -> Any:
        """Return Redis's reply. Raises Unavailable, and NoScriptError for an unknown script."""
        (answer,) = await self.run_all([command])
        if isinstance(answer, NoScriptError):
            raise answer
        if isinstance(answer, Exception):  # out of memory, read-only, loading, …
            if self._metrics.problem != reason(answer):  # else it was logged already
                log.warning("Redis refused %s: %s", command[0], answer)
            raise unavailable(answer) from answer
        return answer

    async def ask(self, *commands: Command) -> list[Any]:
        """Return the replies to all commands. Raises Unavailable if any of them failed."""
        answers = await self.run_all(commands)
        for answer in answers:
            if isinstance(answer, Exception):
                raise unavailable(answer)
        return answers

    async def run_all(self, commands: Sequence[Command]) -> list[Any]:
        """Return the replies; a failed command's is its exception. Raises Unavailable.

        Cancelling does not cancel the commands.
        """
        asked = self._queue(commands, TIMEOUT_S)
        return [answer for one in asked for answer in await one.answers]

    def tell(self, *commands: Command, of: str) -> None:
        """Run ``commands``, in order with all others, and wait for nothing, however late it is.

        If any of them fails, ``of`` says in the log what it was about.
        """
        for asked in self._queue(commands, math.inf):
            asked.answers.add_done_callback(partial(_log_failure, of))

    def _queue(self, commands: Sequence[Command], within_s: float) -> list[_Asked]:
        loop = asyncio.get_running_loop()
        due_s = loop.time() + within_s
        asked = [
            _Asked(commands[begin : begin + PIPELINE_LIMIT], loop.create_future(), due_s)
            for begin in range(0, len(commands), PIPELINE_LIMIT)
        ]
        self._asked += asked
        self._metrics.asked += len(commands)
        self._metrics.waiting += len(commands)
        if self._worker is None or self._worker.done():
            self._worker = loop.create_task(self._work(), context=log_context.nothing())
        return asked

    async def stop(self) -> None:
        """Wait for all queued commands."""
        if self._worker is not None:
            await asyncio.wait([self._worker])

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        # One timer for all calls: one for each costs more than the call's commands.
        self._timer = loop.call_later(TIMEOUT_S, self._give_up_late)
        try:
            await asyncio.sleep(0)  # let the rest of this turn add its commands
            while self._asked:
                if batch := self._take():
                    self._running = batch
                    began, size = time.monotonic(), sum(len(one.commands) for one in batch)
                    problem = await self._execute(batch)
                    self._metrics.batch_done(size, time.monotonic() - began, problem=problem)
        finally:
            self._running = ()
            self._timer.cancel()

    def _give_up_late(self) -> None:
        """Give up what has waited for TIMEOUT_S; come again when the next one will have."""
        loop = asyncio.get_running_loop()
        now_s, open_ = loop.time(), (*self._running, *self._asked)
        for one in open_:
            one.give_up_if_late(now_s)
        dues_s = (one.due_s for one in open_ if one.due_s > now_s)
        next_s = min(dues_s, default=math.inf)
        self._timer = loop.call_at(min(next_s, now_s + TIMEOUT_S), self._give_up_late)

    def _take(self) -> list[_Asked]:
        """Take what fits into one pipeline from the queue."""
        batch: list[_Asked] = []
        size = 0
        while self._asked and size + len(self._asked[0].commands) <= PIPELINE_LIMIT:
            one = self._asked.popleft()
            if one.is_given_up:  # a client may repeat a send, so the first must not run
                self._metrics.waiting -= len(one.commands)
            else:
                batch.append(one)
                size += len(one.commands)
        return batch

    async def _execute(self, batch: Sequence[_Asked]) -> str | None:
        """Execute ``batch``; return None, or the reason why its outcome is unknown."""
        try:
            replies = iter(await call(self._run([c for one in batch for c in one.commands])))
        except Unavailable as error:
            for one in batch:
                one.fail(error)
            return reason(error)
        for one in batch:
            answers = list(islice(replies, len(one.commands)))
            if not one.answers.done():
                one.answers.set_result(answers)
        return None


def _log_failure(of: str, answers: asyncio.Future[list[Any]]) -> None:
    """Log the first failure of what nobody waits for."""
    failures = [answers.exception()] if answers.exception() else answers.result()
    for failure in failures:
        if isinstance(failure, Exception):
            log.info("%s could not be written: %s", of, failure)
            return
