"""Executes the commands that arrive on a WebSocket, in their order."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from chat import log_context
from chat.errors import Unavailable
from chat.protocol.codes import Code
from chat.protocol.limits import Limit
from chat.protocol.pushes import Error, Person
from chat.requests.caller import Dependencies
from chat.transports.websocket.frames import FrameSink

# Up to this many commands of a client may wait, as when it sends its whole outbox; beyond it we
# stop reading, and TCP slows the client down.
MAX_WAITING: Final = 64
COMMANDS_A_TURN: Final = 32
# Refusing costs time too. After FREE_REFUSALS rate-limited commands in a row, each delays the next
# by REFUSED_S. Then all connections that an address may have use only a small part of a core.
FREE_REFUSALS: Final = 100
REFUSED_S: Final = 0.25


class CommandSink(FrameSink):
    """A FrameSink whose messages are commands."""

    __slots__ = ("_address", "_commands", "_dependencies", "_nap", "_person", "_refused", "_worker")

    def __init__(self, dependencies: Dependencies, person: Person, address: str) -> None:
        super().__init__(max_frame_bytes=dependencies.settings.max_frame_bytes)
        self._dependencies = dependencies
        self._person = person
        self._address = address
        self._refused = 0  # rate-limited commands in a row
        self._nap: asyncio.Future[None] | None = None  # the delay after a refusal
        self._commands: deque[str] | None = None  # waiting for the one being executed
        self._worker: asyncio.Task[None] | None = None

    def on_message(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            self.refuse_binary()
        else:
            self.put(message)

    def note_frame(self) -> None:
        try:
            self._dependencies.limits.frame(self._address)
        except Unavailable as error:
            self.refuse_more(error.message)

    @property
    def is_ahead(self) -> bool:
        return self._commands is not None and len(self._commands) >= MAX_WAITING

    def put(self, command: str) -> None:
        """Queue ``command``, to be executed after those before it."""
        if self._commands is None:
            self._commands = deque()
        self._commands.append(command)
        if self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work(self._commands))

    def connection_lost(self, error: Exception | None) -> None:
        if self._commands is not None:
            self._commands.clear()
        if self._nap is not None and not self._nap.done():
            self._nap.set_result(None)
        if self.has_said_too_much:
            self._dependencies.metrics.limited(Limit.MESSAGE)
        super().connection_lost(error)

    async def _work(self, commands: deque[str]) -> None:
        """Execute queued commands, and end when there are none: idle clients need no task."""
        if self.attachment is not None:
            log_context.session_id.set(self.attachment.session.id)
        try:
            while commands:
                await self._carry_out(self._taken(commands))
                self.limit_reading()
        finally:
            self._worker = None

    def _taken(self, commands: deque[str]) -> list[str]:
        """Take the next commands from the queue; one while each refusal has to be waited for."""
        limit = 1 if self._refused >= FREE_REFUSALS else COMMANDS_A_TURN
        return [commands.popleft() for _ in range(min(limit, len(commands)))]

    async def _carry_out(self, commands: Sequence[str]) -> None:
        service = self._dependencies.service
        for reply in await service.answer_all(self._person, commands, self._address):
            if reply is not None and self.attachment is not None:
                self._dependencies.attachments.reply(self.attachment, reply)
            is_refused = isinstance(reply, Error) and reply.code == Code.RATE_LIMITED
            self._refused = self._refused + 1 if is_refused else 0
        if self._refused > FREE_REFUSALS:  # the queue fills up, and TCP slows the client
            self._nap = asyncio.get_running_loop().create_future()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._nap, REFUSED_S)
        elif len(commands) == COMMANDS_A_TURN:  # failing commands may never await
            await asyncio.sleep(0)
