"""One IRC client: who it is, what it is told, and how its commands are carried out."""

import logging
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Final

from chat.accounts.identity import is_guest
from chat.attach.attachment import Attachment
from chat.errors import ChatError, InvalidInput, Refused, Unavailable
from chat.protocol import commands
from chat.protocol.codes import SLOW_CONSUMER, Code
from chat.protocol.irc import capabilities as caps
from chat.protocol.irc.messages import BadLine, Message, label_of, parse
from chat.protocol.irc.nicks import Nicks
from chat.protocol.irc.wrapping import packed
from chat.protocol.limits import Limit
from chat.protocol.pushes import Ok, Person, Reply
from chat.transports.irc import replies
from chat.transports.irc.begun import Batch, Registration, in_batch, labelled
from chat.transports.irc.connection import IrcConnection
from chat.transports.irc.framing import KEY, NOTICED, SERVER, IrcFraming
from chat.transports.irc.receipts import Receipts

if TYPE_CHECKING:
    from chat.transports.irc.door import Door

log: Final = logging.getLogger(__name__)

# A client that is too fast waits up to this long instead of being refused: IRC has no other way to
# tell it to go slower, and none to send something again.
MAX_WAIT_S: Final = 10.0
# What is left of a line beside the numeric, the server and the longest nick.
_LISTED_BYTES: Final = 200
# Before the registration it has no user whose commands are counted.
_STRANGER: Final = "irc:"


class Client:
    """The state of a client between its lines."""

    def __init__(self, door: "Door", connection: IrcConnection) -> None:
        self.door = door
        self.connection = connection
        self.dependencies = door.dependencies
        self.nicks: Nicks = door.nicks
        self.registration = Registration()
        self.caps: frozenset[str] = frozenset()
        self.person: Person | None = None  # once it has come in
        self.nick = "*"
        self.attachment: Attachment | None = None
        self.receipts: Receipts | None = None  # of a member
        self.channels: dict[str, None] = {}  # the rooms that it shows as channels
        self.partners: dict[str, Person] = {}  # in direct rooms that it shows as queries, by room
        self.lobby: dict[str, str] = {}  # the nicks shown in the lobby, by user
        self.came_after = self.nicks.renames  # those before concern nobody that it knows
        self.away: dict[str, str] = {}  # what some of them say of being away
        self.told: dict[str, int] = {}  # the number of the last renaming that it knows of, by user
        self.monitored: dict[str, str] = {}  # nicks, by their skeletons
        self.online: set[str] = set()  # those of them that are
        self.joining = ""  # the room that its command joins
        self.marked = ("", 0)  # how far it has said itself that a room was read
        self.batch: Batch | None = None
        self.labels: dict[int, str] = {}  # of messages under way, by the number in their key
        self.number = 0  # of the last message
        self._label = ""
        self._answer: list[Message] | None = None  # of a labelled command

    # Who it is

    @property
    def me(self) -> Person:
        assert self.person is not None
        return self.person

    @property
    def user(self) -> str:
        return self.person.user if self.person is not None else ""

    @property
    def source(self) -> str:
        return self.framing.source(self.me.user, self.me.name)

    @property
    def framing(self) -> IrcFraming:
        return self.door.framings.of(self.caps)

    def enable(self, enabled: frozenset[str]) -> None:
        """Take these capabilities; pushes are written for them from now on."""
        self.caps = enabled
        if self.attachment is not None:
            self.dependencies.attachments.reframe(self.attachment, self.framing)

    # What it is told

    def send(self, *messages: Message) -> None:
        if self._answer is not None:
            self._answer += messages
        else:
            self.connection.send(b"".join(message.encode() for message in messages))

    def tell(self, *messages: Message) -> None:
        """Send what is no answer to the command under way."""
        self.connection.send(b"".join(message.encode() for message in messages))

    def reply(self, numeric: str, *params: str) -> None:
        self.send(Message(numeric, (self.nick, *params), SERVER))

    def lists(self, numeric: str, words: Iterable[str], separator: str = ",") -> list[Message]:
        """Return replies with ``words``, as many as it takes."""
        parts = packed(words, _LISTED_BYTES, separator)
        return [Message(numeric, (self.nick, part), SERVER) for part in parts]

    def fail(self, command: str, code: str, text: str, *context: str) -> None:
        """Send a standard reply: what the specification of a command has for it."""
        self.send(Message("FAIL", (command, code, *context, text), SERVER))

    def refuse(self, command: str, error: ChatError, target: str = "") -> None:
        """Say why a command was refused: of a channel by a numeric, if there is one for that."""
        numeric = replies.OF_ROOM.get(error.code) if target else None
        if numeric is not None:
            self.reply(numeric, target, error.message)
        elif caps.REPLIES in self.caps:
            self.fail(command, error.code.upper(), error.message, *filter(None, [target]))
        else:
            self.send(Message("NOTICE", (self.nick, f"{command}: {error.message}"), SERVER))

    def batched(self, kind: str, *params: str, messages: list[Message]) -> None:
        """Send ``messages`` as one batch, if the client knows batches."""
        if caps.BATCH not in self.caps:
            self.send(*messages)
            return
        reference = self.door.new_reference()
        self.send(
            Message("BATCH", (f"+{reference}", kind, *params), SERVER),
            *in_batch(messages, reference),
            Message("BATCH", (f"-{reference}",), SERVER),
        )

    async def deliver(self, chunk: bytes) -> None:
        """Send pushes, among which are some about the client itself."""
        await self.door.events.deliver(self, chunk)

    # What it says

    async def handle(self, line: bytes | None) -> None:
        """Handle a line; None is one that was too long."""
        if line is None:
            await self.charge()
            self.dependencies.metrics.limited(Limit.MESSAGE)
            self.reply(replies.ERR_INPUTTOOLONG, "This line is too long.")
            return
        if not line.strip(b" \r"):
            await self.charge()
            return
        self._label = label_of(line) if caps.LABELS in self.caps else ""
        self._answer = [] if self._label else None
        try:
            await self._carry_out(line)
        finally:
            answer, self._answer = self._answer, None
            label, self._label = self._label, ""
            if answer is not None:
                self.send(*labelled(answer, label, self.door.new_reference()))

    async def _carry_out(self, line: bytes) -> None:
        try:
            message = parse(line)
        except BadLine as error:
            await self.charge()
            if error.code == "INPUT_TOO_LONG":
                self.dependencies.metrics.limited(Limit.MESSAGE)
                self.reply(replies.ERR_INPUTTOOLONG, error.message)
            else:
                self.fail("*", error.code, error.message)
        else:
            await self.door.commands.run(self, message)

    def pop_label(self) -> str:
        """Return the label of the command under way; its answer comes by another path."""
        label, self._label = self._label, ""
        return label

    def restore_label(self, label: str) -> None:
        """Have the command under way be answered with ``label`` after all."""
        if label:
            self._label = label
            if self._answer is None:  # of a batch, whose label came with its first line
                self._answer = []

    # How it is done

    async def charge(self, cost: float = 1.0) -> None:
        """Count a line that is no command of the service; wait if there were too many."""
        user = self.person.user if self.person else _STRANGER + self.connection.id
        limits = self.dependencies.limits
        while self.connection.is_open:
            try:
                return limits.command(user, self.connection.address, cost)
            except Unavailable as error:
                await self.connection.nap(min((error.retry_ms or 0) / 1000, MAX_WAIT_S))

    async def perform(self, command: commands.AnyCommand) -> Reply | None:
        """Carry out a command of the service, a little later if it comes too fast.

        Raises ChatError.
        """
        service = self.dependencies.service
        while True:
            try:
                reply = await service.perform(self.me, command, self.connection.address)
                break
            except Unavailable as error:
                wait_s = (error.retry_ms or 0) / 1000
                is_waited_for = error.code == Code.RATE_LIMITED and 0 < wait_s <= MAX_WAIT_S
                if not is_waited_for or not self.connection.is_open:
                    raise
                await self.connection.nap(wait_s)
        is_shown = not isinstance(command, commands.Send) or caps.ECHO in self.caps
        if is_shown and isinstance(reply, Ok) and reply.room and reply.offset:
            await self.connection.until(partial(self._has, reply.room, reply.offset))
        return reply

    def _has(self, room: str, offset: int) -> bool:
        """Return whether an entry was pushed; also if the client does not read that room."""
        assert self.attachment is not None
        shared = self.attachment.reader.shared_positions.get(room)
        return shared is None or shared.position.offset >= offset

    def new_key(self, command: str) -> str:
        """Return the key of the next message; what comes back with it is this client's own."""
        self.number += 1
        mark = NOTICED if command == "NOTICE" else ""
        return f"{KEY}{self.connection.id}:{self.number}{mark}"

    def room_of(self, channel: str) -> str:
        """Return the room of a channel. Raises Refused ``no_such_room``."""
        if not channel.startswith("#"):
            raise Refused(Code.NO_SUCH_ROOM, "A channel's name begins with #.")
        return channel[1:].lower()

    def user_of(self, nick: str) -> str:
        """Return the user with this nick. Raises InvalidInput if there is none."""
        user = self.nicks.user_of(nick)
        if user is None:
            raise InvalidInput(Code.BAD_COMMAND, f"Nobody here is called {nick}.")
        return user

    def question(self) -> str:
        """Return what to ping with, so that the answer says what has arrived; "" if that is known.

        Clients that ask for history know themselves what they have.
        """
        if self.receipts is None or caps.HISTORY in self.caps:
            return ""
        return self.receipts.ask()

    # When it goes

    async def say_goodbye(self) -> None:
        """Note that the client goes by itself, and has all that was sent to it."""
        if self.receipts is not None:
            await self.connection.told()
            self.receipts.end()
            await self.door.cursors.stored(self.receipts.place)

    def leave(self) -> None:
        """Note that the connection is lost.

        A member goes on from there with the next one. A guest has no way to come back, so they
        leave their rooms.
        """
        if self.attachment is None:
            return
        if is_guest(self.me):
            self.door.departed(self)
        elif self.receipts is not None:
            ended = self.attachment.reader.ended
            if ended is not None and ended is not SLOW_CONSUMER:  # it was sent all until then
                self.receipts.end()
