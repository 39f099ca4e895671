"""Commands of users: join, leave, send, edit … The only writer of logs.

Readers on all transports, the author's included, get the entries from the live feed.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from chat.accounts.access import AccessControl
from chat.accounts.rate_limits import CHARACTERS_A_TOKEN, Limits
from chat.backplane.base import Backplane
from chat.backplane.records import Appended, Draft
from chat.backplane.refusals import refused
from chat.clock import Clock
from chat.errors import ChatError, Refused, Unavailable
from chat.metrics.counters import FAILED, OK, Metrics
from chat.protocol import commands, pushes
from chat.protocol.codes import Code
from chat.protocol.cursor import parse_room
from chat.protocol.limits import Limit
from chat.protocol.pushes import Body, MessageBody, Ok, Person, Pong, Reply, skeleton_of
from chat.rooms import LOBBY
from chat.rooms.amendments import no_message
from chat.rooms.markup import render
from chat.rooms.mentions import find_mentions, may_mention
from chat.rooms.texts import MAX_TEXT_CHARACTERS, check_text, digest
from chat.service.rosters import Rosters


@lru_cache(maxsize=1)  # shared by all messages of one second: too slow to do for each
def _formatted(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


class Service:
    """Carries out commands in the name of a person."""

    def __init__(
        self,
        backplane: Backplane,
        *,
        clock: Clock,
        limits: Limits,
        access: AccessControl | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._backplane = backplane
        self._metrics = metrics or Metrics()
        self._clock = clock
        self._access = access
        self._rosters = Rosters(backplane, clock)
        self._limits = limits

    async def answer(self, person: Person, data: bytes | str, address: str) -> Reply | None:
        """Carry out one encoded command; return its reply, if it has one: an Error if it failed."""
        try:
            command = commands.decode_command(data)
        except commands.BadCommand as error:
            return self._refuse(person, address, error)
        try:
            return await self.perform(person, command, address)
        except ChatError as error:
            return pushes.error_reply(error, id=command.id)

    def _refuse(self, person: Person, address: str, error: commands.BadCommand) -> pushes.Error:
        """Return the reply to invalid input, which costs as much as a command."""
        # Not in `answer`: an error in a variable there would keep the body of the request, through
        # its traceback, until Python collects cyclic garbage.
        try:
            self._limits.command(person.user, address)
        except Unavailable as limited:
            self._metrics.command_done("other", limited.code)
            return pushes.error_reply(limited, id=error.id)
        self._metrics.command_done("other", error.code)
        return pushes.error_reply(error, id=error.id)

    async def perform(
        self, person: Person, command: commands.AnyCommand, address: str
    ) -> Reply | None:
        """Carry out one command and return its reply. Raises ChatError if it failed."""
        outcome = FAILED
        try:
            reply = await self._perform(person, command, address)
            outcome = OK
        except ChatError as error:
            outcome = error.code
            raise
        finally:
            self._metrics.command_done(str(command.__struct_config__.tag), outcome)
        return reply

    async def _perform(
        self, person: Person, command: commands.AnyCommand, address: str
    ) -> Reply | None:
        if self._access is not None:  # for commands under way when a block closed the transport
            self._access.check(person.user)
        self._limits.command(person.user, address, _cost(command))
        if isinstance(command, commands.Ping):
            return Pong(id=command.id)
        parse_room(command.room)
        match command:
            case commands.Join():
                return self._ok(command, await self._join(person, command.room, address))
            case commands.Leave():
                return self._ok(command, await self._leave(person, command.room))
            case commands.Send():
                return self._ok(command, await self._send(person, command))
            case commands.Edit() | commands.Delete() | commands.React():
                return self._ok(command, await self._change(person, command))
            case commands.Read():
                await self._backplane.mark_read(person.user, command.room, command.offset)
                return Ok(id=command.id, room=command.room)
            case commands.Typing():
                await self._type(person, command.room)
                return None

    async def _join(self, person: Person, room: str, address: str) -> Appended:
        if self._limits.max_rooms_of_user is not None:
            await self._check_rooms(person, room, self._limits.max_rooms_of_user, address)
        body = pushes.JoinedBody(**self._by(person))
        appended = await self._backplane.join(Draft(room=room, user=person.user, body=body))
        self._rosters.note(person, room)
        return appended

    async def _leave(self, person: Person, room: str) -> Appended:
        body = pushes.LeftBody(**self._by(person))
        return await self._backplane.leave(Draft(room=room, user=person.user, body=body))

    async def _send(self, person: Person, command: commands.Send) -> Appended:
        text, room, key = check_text(command.text), command.room, command.key
        mentions = await self._mentions(person, room, text)
        body = MessageBody(
            **self._by(person), key=key, text=text, html=render(text), mentions=mentions
        )
        draft = Draft(room=room, user=person.user, body=body, key=key, digest=digest(text))
        appended = await self._backplane.append(draft)
        self._rosters.note(person, room)
        return appended

    async def _mentions(self, person: Person, room: str, text: str) -> list[str]:
        if not may_mention(text):
            return []
        return find_mentions(text, await self._rosters.names(room), author=person.user)

    async def _change(
        self, person: Person, command: commands.Edit | commands.Delete | commands.React
    ) -> Appended:
        body = await self._changed(person, command)
        entry = await self._backplane.entry(command.room, command.offset)
        message = entry.decode() if entry is not None else None
        if not isinstance(message, MessageBody):
            raise no_message(command.offset, command.room)
        if message.user != person.user and not isinstance(command, commands.React):
            raise Refused(Code.FORBIDDEN, "Only its author can change a message.")
        return await self._backplane.append(Draft(room=command.room, user=person.user, body=body))

    async def _changed(
        self, person: Person, command: commands.Edit | commands.Delete | commands.React
    ) -> Body:
        about = {**self._by(person), "target": command.offset}
        match command:
            case commands.Edit():
                text = check_text(command.text)
                mentions = await self._mentions(person, command.room, text)
                return pushes.EditedBody(**about, text=text, html=render(text), mentions=mentions)
            case commands.Delete():
                return pushes.DeletedBody(**about)
            case commands.React():
                return pushes.ReactionBody(**about, emoji=command.emoji, on=command.on)

    async def _type(self, person: Person, room: str) -> None:
        memberships = await self._backplane.memberships(person.user)
        if all(membership.room != room for membership in memberships):
            raise refused(Code.NOT_MEMBER, room)
        push = pushes.Typing(
            room=room, user=person.user, name=person.name, skeleton=skeleton_of(person.name)
        )
        await self._backplane.publish(room, push)

    async def _check_rooms(self, person: Person, room: str, most: int, address: str) -> None:
        """Raise if this join would exceed ``most`` rooms; a few concurrent joins may pass."""
        rooms = {m.room for m in await self._backplane.memberships(person.user)} - {LOBBY}
        if room == LOBBY or room in rooms:
            return
        if len(rooms) >= most:
            self._metrics.limited(Limit.ROOMS)
            raise Refused(
                Code.FORBIDDEN, f"You are in {len(rooms)} rooms, the most there can be: leave one."
            )
        self._limits.join(address)
        if not await self._backplane.positions([room]):
            self._limits.new_room(person.user, address)

    def _ok(self, command: commands.AnyCommand, appended: Appended) -> Ok:
        epoch, offset = appended.position
        room, key = getattr(command, "room", None), getattr(command, "key", None)
        return Ok(id=command.id, room=room, epoch=epoch, offset=offset, key=key)

    def _by(self, person: Person) -> dict[str, Any]:
        seconds, ms = divmod(int(1000 * self._clock.time()), 1000)
        return {
            "user": person.user,
            "name": person.name,
            "skeleton": skeleton_of(person.name),
            "time": f"{_formatted(seconds)}.{ms:03}Z",
        }


def _cost(command: commands.AnyCommand) -> float:
    length = len(getattr(command, "text", ""))
    return max(1.0, min(length, MAX_TEXT_CHARACTERS) / CHARACTERS_A_TOKEN)
