"""Sends commands to Redis: those of one turn of the event loop in one pipeline, in order.

Pipelines run one after another, so that commands are executed in the order of the calls. A command
waits for its reply no longer than TIMEOUT_S, however many are queued before it.
"""

import asyncio
import logging
import time
from typing import Any, Final, NamedTuple

from redis.exceptions import NoScriptError

from chat import log_context
from chat.backplane.redis.failures import call, reason, unavailable
from chat.backplane.redis.keys import Keys
from chat.errors import Unavailable
from chat.metrics.store import StoreMetrics

log: Final = logging.getLogger(__name__)

# A send is always answered within 6 s; this leaves a second for the network.
TIMEOUT_S: Final = 5.0
# A pipeline holds its replies in memory until it is done; this many are some 100 KB.
PIPELINE_LIMIT: Final = 500


class _Asked(NamedTuple):
    command: tuple[Any, ...]
    answer: asyncio.Future[Any]


class Store:
    """Runs commands on a redis-py client."""

    def __init__(self, client: Any, keys: Keys, metrics: StoreMetrics | None = None) -> None:
        self.keys = keys
        self._client = client
        self._metrics = metrics or StoreMetrics()
        self._asked: list[_Asked] = []
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

    async def ask(self, *commands: tuple[Any, ...]) -> list[Any]:
        """Return the replies to all commands. Raises Unavailable if any of them failed."""
        answers = await self.run_all(list(commands))
        for answer in answers:
            if isinstance(answer, Exception):
                raise unavailable(answer)
        return answers

    async def run_all(self, commands: list[tuple[Any, ...]]) -> list[Any]:
        """Return the replies; a failed command's is its exception. Raises Unavailable."""
        loop = asyncio.get_running_loop()
        asked = [_Asked(command, loop.create_future()) for command in commands]
        self._asked += asked
        self._metrics.asked += len(asked)
        self._metrics.waiting += len(asked)
        if self._worker is None or self._worker.done():
            self._worker = loop.create_task(self._work(), context=log_context.nothing())
        try:
            async with asyncio.timeout(TIMEOUT_S):
                # Shielded: cancelling the caller must not cancel the commands.
                answers = await asyncio.shield(
                    asyncio.gather(*(one.answer for one in asked), return_exceptions=True)
                )
        except TimeoutError as error:
            for one in asked:  # a command reported as failed must not run later
                one.answer.cancel()
            raise unavailable(error) from error
        for answer in answers:
            if isinstance(answer, Unavailable):
                raise answer
        return answers

    async def stop(self) -> None:
        """Wait for all queued commands."""
        if self._worker is not None:
            await asyncio.wait([self._worker])

    async def _work(self) -> None:
        await asyncio.sleep(0)  # let the rest of this turn add its commands
        while self._asked:
            taken, self._asked = self._asked[:PIPELINE_LIMIT], self._asked[PIPELINE_LIMIT:]
            # Skip commands that timed out: a client may repeat a send, so the first must not run.
            batch = [one for one in taken if not one.answer.done()]
            self._metrics.waiting -= len(taken) - len(batch)
            if batch:
                began = time.monotonic()
                problem = await self._execute(batch)
                self._metrics.batch_done(len(batch), time.monotonic() - began, problem=problem)

    async def _execute(self, batch: list[_Asked]) -> str | None:
        """Execute ``batch``; return None, or the reason why its outcome is unknown."""
        try:
            answers = await call(self._answers(batch))
        except Unavailable as error:
            for one in batch:
                if not one.answer.done():
                    one.answer.set_exception(unavailable(error))
                    one.answer.exception()  # mark it retrieved: the caller may never look at it
            return reason(error)
        for one, answer in zip(batch, answers, strict=True):
            if not one.answer.done():
                one.answer.set_result(answer)
        return None

    async def _answers(self, batch: list[_Asked]) -> list[Any]:
        pipeline = self._client.pipeline(transaction=False)
        for one in batch:
            pipeline.execute_command(*one.command)
        answers: list[Any] = await pipeline.execute(raise_on_error=False)
        return answers
