"""Commands to Redis: those of one turn of the event loop go in one pipeline, in their order.

Pipelines follow one another, so that what was asked first is done first. A command waits for
its answer no longer than TIMEOUT_S, however many wait before it.
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

# A send is answered within 6 s, come what may; this leaves a second for the way.
TIMEOUT_S: Final = 5.0
# A pipeline holds its answers in memory until it is done; this many are some 100 KB.
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
        """Return Redis's answer. Raises Unavailable, and NoScriptError for an unknown script."""
        (answer,) = await self.run_all([command])
        if isinstance(answer, NoScriptError):
            raise answer
        if isinstance(answer, Exception):  # out of memory, read-only, loading: not now
            if self._metrics.problem != reason(answer):  # else it was said already
                log.warning("Redis refused %s: %s", command[0], answer)
            raise unavailable(answer) from answer
        return answer

    async def ask(self, *commands: tuple[Any, ...]) -> list[Any]:
        """Return the answers, of all commands or none. Raises Unavailable."""
        answers = await self.run_all(list(commands))
        for answer in answers:
            if isinstance(answer, Exception):
                raise unavailable(answer)
        return answers

    async def run_all(self, commands: list[tuple[Any, ...]]) -> list[Any]:
        """Return the answers, errors of single commands among them. Raises Unavailable."""
        loop = asyncio.get_running_loop()
        asked = [_Asked(command, loop.create_future()) for command in commands]
        self._asked += asked
        self._metrics.asked += len(asked)
        self._metrics.waiting += len(asked)
        if self._worker is None or self._worker.done():
            self._worker = loop.create_task(self._work(), context=log_context.nothing())
        try:
            async with asyncio.timeout(TIMEOUT_S):
                # Shielded: who stops waiting does not undo what was asked.
                answers = await asyncio.shield(
                    asyncio.gather(*(one.answer for one in asked), return_exceptions=True)
                )
        except TimeoutError as error:
            for one in asked:  # what is told to have failed must not be done later
                one.answer.cancel()
            raise unavailable(error) from error
        for answer in answers:
            if isinstance(answer, Unavailable):
                raise answer
        return answers

    async def stop(self) -> None:
        """Wait for what was asked."""
        if self._worker is not None:
            await asyncio.wait([self._worker])

    async def _work(self) -> None:
        await asyncio.sleep(0)  # the turn that asked first goes on asking
        while self._asked:
            taken, self._asked = self._asked[:PIPELINE_LIMIT], self._asked[PIPELINE_LIMIT:]
            # Nobody waits for these any more. A send that was given up may be repeated, so it
            # must not come late.
            batch = [one for one in taken if not one.answer.done()]
            self._metrics.waiting -= len(taken) - len(batch)
            if batch:
                began = time.monotonic()
                problem = await self._execute(batch)
                self._metrics.batch_done(len(batch), time.monotonic() - began, problem=problem)

    async def _execute(self, batch: list[_Asked]) -> str | None:
        """Carry out ``batch``; return why nothing of it is known to be done, None where it is."""
        try:
            answers = await call(self._answers(batch))
        except Unavailable as error:
            for one in batch:
                if not one.answer.done():
                    one.answer.set_exception(unavailable(error))
                    one.answer.exception()  # who asked may have gone, or heard of the first only
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
