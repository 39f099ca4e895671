"""Answers encoded commands. Messages that a client has sent ahead are stored together."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from chat.errors import ChatError, Unavailable
from chat.metrics.counters import FAILED, OK, Metrics
from chat.protocol.commands import AnyCommand, BadCommand, Send, decode_command
from chat.protocol.pushes import Error, Person, Reply, error_reply, ok_reply
from chat.rooms.markup import is_plain
from chat.rooms.mentions import may_mention
from chat.rooms.texts import MAX_TEXT_CHARACTERS
from chat.service.admission import Admission
from chat.service.messages import Messages, Prepared

# To prepare more Markdown would hold up the loop for longer than the longest message does. A plain
# text takes a hundredth of that.
TOGETHER_CHARACTERS: Final = MAX_TEXT_CHARACTERS
# As the metrics of commands call them.
_SEND: Final = "send"
_NO_COMMAND: Final = "other"

Perform = Callable[[Person, AnyCommand, str], Awaitable[Reply | None]]


class _Waiting(NamedTuple):
    """A message to be stored, and the place of its reply."""

    place: int
    command: Send
    message: Prepared


class Pipeline:
    """Carries out commands that came together, as if each had waited for the one before it."""

    def __init__(
        self, admission: Admission, messages: Messages, metrics: Metrics, perform: Perform
    ) -> None:
        """``perform`` admits and carries out a command that sends no message."""
        self._admission = admission
        self._messages = messages
        self._metrics = metrics
        self._perform = perform

    async def answer(
        self, person: Person, encoded: Sequence[bytes | str], address: str
    ) -> list[Reply | None]:
        """Return the reply to each of the ``encoded`` commands, None to those that have none."""
        replies: list[Reply | None] = []
        waiting: list[_Waiting] = []
        characters = 0
        for data in encoded:
            try:
                command = decode_command(data)
            except BadCommand as error:
                replies.append(self._refuse(person, address, error))
                continue
            length = _markdown_characters(command)
            is_too_much = characters + length > TOGETHER_CHARACTERS
            if waiting and (is_too_much or not _is_independent(command)):
                await self._store(waiting, replies)
                waiting, characters = [], 0
            characters += length
            if not isinstance(command, Send):
                replies.append(await self._answer(person, command, address))
                continue
            before = waiting[-1].message if waiting else None
            prepared = await self._prepare(person, command, address, before)
            if isinstance(prepared, Error):
                replies.append(prepared)
            else:
                waiting.append(_Waiting(len(replies), command, prepared))
                replies.append(None)
        if waiting:
            await self._store(waiting, replies)
        return replies

    async def _answer(self, person: Person, command: AnyCommand, address: str) -> Reply | None:
        try:
            return await self._perform(person, command, address)
        except ChatError as error:
            return error_reply(error, id=command.id)

    def _refuse(self, person: Person, address: str, error: BadCommand) -> Error:
        """Return the reply to invalid input, which costs as much as a command."""
        # Not in `answer`: an error in a variable there would keep the body of the request, through
        # its traceback, until Python collects cyclic garbage.
        reason: ChatError = error
        try:
            self._admission.charge(person, address)
        except Unavailable as limited:
            reason = limited
        self._metrics.command_done(_NO_COMMAND, reason.code)
        return error_reply(reason, id=error.id)

    async def _prepare(
        self, person: Person, command: Send, address: str, before: Prepared | None
    ) -> Prepared | Error:
        try:
            person = await self._admission.admit(person, command, address)
            return await self._messages.prepare(person, command, before)
        except ChatError as error:
            return self._failed(command, error)
        except Exception:
            self._metrics.command_done(_SEND, FAILED)
            raise

    async def _store(self, waiting: Sequence[_Waiting], replies: list[Reply | None]) -> None:
        """Store what is ``waiting``, in its order, and put the replies in their places."""
        try:
            answers = await self._messages.store_all([one.message for one in waiting])
        except Exception:
            self._metrics.command_done(_SEND, FAILED)
            raise
        for (place, command, _), answer in zip(waiting, answers, strict=True):
            if isinstance(answer, ChatError):
                replies[place] = self._failed(command, answer)
            else:
                self._metrics.command_done(_SEND, OK)
                replies[place] = ok_reply(command.id, command.room, answer.position, command.key)

    def _failed(self, command: Send, error: ChatError) -> Error:
        self._metrics.command_done(_SEND, error.code)
        return error_reply(error, id=command.id)


def _markdown_characters(command: AnyCommand) -> int:
    """Return how many characters are to be rendered, but for those of a plain text."""
    if not isinstance(command, Send):
        return 0
    length = len(command.text)
    return 0 if length <= MAX_TEXT_CHARACTERS and is_plain(command.text) else length


def _is_independent(command: AnyCommand) -> bool:
    """Return whether ``command`` is a message that depends on none of those before it.

    An answer needs the message that it answers, a file belongs to one message, and whom a mention
    means depends on who has spoken.
    """
    if not isinstance(command, Send) or command.reply_to is not None or command.files:
        return False
    return not may_mention(command.text)
