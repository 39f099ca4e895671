"""What clients are told that depends on who they are: their rooms, their talks, who is there."""

import logging
import re
from collections.abc import Iterable
from typing import Final

import msgspec

from chat.errors import ChatError
from chat.protocol.cursor import Position
from chat.protocol.entries import (
    JoinedBody,
    LeftBody,
    MemberChange,
    MessageBody,
    RoomChangedBody,
    decode_body,
)
from chat.protocol.irc import capabilities as caps
from chat.protocol.irc.messages import Message
from chat.protocol.pushes import Hello, Person, Presence, Read, Rooms, Typing
from chat.rooms.access import Access, access_of
from chat.transports.irc.client import Client
from chat.transports.irc.framing import AUTHORED, KEY, MARK, NOTICED, SERVER, channel_of
from chat.transports.irc.presence import tell_presence, tell_renamed, untagged
from chat.transports.irc.room_lines import changed_lines, join_lines, marker_line

log: Final = logging.getLogger(__name__)

# The source, the command and the first two parameters of a line, after its tags.
_LINE: Final = re.compile(rb"(?:@[^ ]+ )?:[^ ]+!([^ ]+)@[^ ]+ ([A-Z]+) ([^ \r]+)(?: ([^ \r]+))?")
_hello: Final = msgspec.json.Decoder(Hello)
_rooms: Final = msgspec.json.Decoder(Rooms)
_presence: Final = msgspec.json.Decoder(Presence)
_read: Final = msgspec.json.Decoder(Read)
_typing: Final = msgspec.json.Decoder(Typing)


class _Place(msgspec.Struct):
    """Where a push belongs; the fields of what is in no log are missing."""

    type: str
    room: str = ""
    epoch: str = ""
    offset: int = 0


_place: Final = msgspec.json.Decoder(_Place)


class Events:
    """Tells clients what a framing has left to them."""

    async def deliver(self, client: Client, chunk: bytes) -> None:
        """Send ``chunk``, with each event in it in its place."""
        for number, part in enumerate(chunk.split(MARK)):
            if number % 2 == 0:
                if client.connection.is_about_itself(part):
                    await self._own_lines(client, part)
                elif part:
                    client.connection.send(part)
            elif part.startswith(AUTHORED):
                _authored(client, part)
            else:
                try:
                    await self._event(client, part)
                except ChatError as error:
                    log.info("An IRC client could not be told of an event: %s", error)

    async def _own_lines(self, client: Client, part: bytes) -> None:
        """Send lines among which some may be about the client itself."""
        user, nick = client.me.user.encode(), client.nick.encode()
        others: list[bytes] = []  # lines, which are sent in one go: each write takes its time
        for line in part.splitlines(keepends=True):
            found = _LINE.match(line) if client.connection.is_about_itself(line) else None
            if found is None:
                others.append(line)
                continue
            source, command, target, second = found.groups()
            room = target.decode().removeprefix("#")
            if command == b"JOIN" and source == user:
                client.connection.send(b"".join(others))
                others.clear()
                await self._enter(client, room, line)
            elif command == b"TAGMSG" and source == user and b"+typing" in line:
                continue
            else:
                if (command == b"PART" and source == user) or (
                    command == b"KICK" and second == nick
                ):
                    client.channels.pop(room, None)
                others.append(line)
        client.connection.send(b"".join(others))

    async def _enter(self, client: Client, room: str, line: bytes) -> None:
        """Show a channel that the client has come into, unless it shows it already."""
        if room in client.channels:
            return
        if room == client.joining:  # then it is the answer to its command
            client.send(self._own_join(client, room), *await join_lines(client, room))
        else:
            client.connection.send(line)
            client.tell(*await join_lines(client, room))
        client.channels[room] = None

    async def _event(self, client: Client, data: bytes) -> None:
        place = _place.decode(data)
        match place.type:
            case "hello":
                for state in _hello.decode(data).rooms:
                    await self._show(client, state.room)
            case "rooms":
                await self._membership(client, _rooms.decode(data))
            case "presence":
                await tell_presence(client, _presence.decode(data))
            case "read" if caps.MARKER in client.caps:
                read = _read.decode(data)
                if (read.room, read.offset) == client.marked:
                    return  # by itself, and it was answered
                client.tell(await marker_line(client, read.room, read.offset))
            case "resync" if place.room in client.channels:
                text = "Some messages are missing here; the page has them."
                target = channel_of(place.room)
                client.tell(Message("NOTICE", (target, text), SERVER))
            case "typing":
                _typed(client, _typing.decode(data))
            case _ if place.epoch:
                await self._entry(client, place, data)

    async def _show(self, client: Client, room: str) -> None:
        """Show a room that the client's person is in as a channel, unless it is a query."""
        is_talk = access_of(room) is Access.DIRECT
        if is_talk and len(await self._others(client, room)) < 2:
            return
        await self._enter(client, room, self._own_join(client, room).encode())

    def _own_join(self, client: Client, room: str) -> Message:
        body = JoinedBody(user=client.me.user, name=client.me.name, time="")
        (line,) = client.framing.lines(body, room, Position("", 0), channel_of(room))
        return untagged(line)

    async def _others(self, client: Client, room: str) -> list[Person]:
        """Return with whom a direct room is; a talk between two is remembered."""
        if (partner := client.partners.get(room)) is not None:
            return [partner]
        (heading,) = await client.dependencies.service.reading.headings([room])
        others = [person for person in heading.people if person.user != client.me.user]
        if len(others) == 1:
            client.partners[room] = others[0]
        return others

    async def _target(self, client: Client, room: str, author: str) -> str | None:
        """Return where a message in a direct room is shown; None if nobody else is in it."""
        others = await self._others(client, room)
        if len(others) == 1:
            is_own = author == client.me.user
            return client.nicks.of(others[0].user, others[0].name) if is_own else client.nick
        if others and room not in client.channels:
            await self._show(client, room)
        return channel_of(room) if others else None

    async def _membership(self, client: Client, push: Rooms) -> None:
        room = push.room
        if push.is_member:
            return  # the entry by which they joined comes, too
        client.partners.pop(room, None)
        if room in client.channels:  # its entry did not come, or will not
            del client.channels[room]
            client.tell(Message("PART", (channel_of(room),), client.source))

    # Entries

    async def _entry(self, client: Client, place: _Place, data: bytes) -> None:
        body = decode_body(place.type, data)
        if body is None:
            return
        room, position = place.room, Position(place.epoch, place.offset)
        if isinstance(body, RoomChangedBody):
            await self._changed(client, room, body, position)
            return
        if isinstance(body, JoinedBody | LeftBody):
            client.partners.pop(room, None)  # who is in the talk is looked up with the next message
            return
        target = await self._target(client, room, body.user)
        if target is None:
            return
        lines = client.framing.lines(body, room, position, target)
        if isinstance(body, MessageBody) and body.key.startswith(f"{KEY}{client.connection.id}:"):
            _own(client, body.key, _joined(lines))
        else:
            client.connection.send(_joined(lines))

    async def _changed(
        self, client: Client, room: str, body: RoomChangedBody, position: Position
    ) -> None:
        """Tell of changes of a room and of its members."""
        for change in body.members or ():
            tell_renamed(client, change)
        if room not in client.channels:
            return
        details = await client.dependencies.service.reading.details(client.me.user, room)
        client.tell(*changed_lines(client, room, body, position, details.standing.settings))

    # Names

    def renamed(self, client: Client, person: Person) -> None:
        """Tell a client that its person has another name now."""
        tell_renamed(client, MemberChange(user=person.user, name=person.name), is_answer=True)


def _authored(client: Client, part: bytes) -> None:
    key, _, lines = part.removeprefix(AUTHORED).partition(b" ")
    if key.decode().startswith(f"{KEY}{client.connection.id}:"):
        _own(client, key.decode(), lines)
    else:
        client.connection.send(lines)


def _own(client: Client, key: str, lines: bytes) -> None:
    """Send the client's own message back to it, with its label, if it wants that."""
    label = client.labels.pop(int(key.rpartition(":")[2].removesuffix(NOTICED)), "")
    if caps.ECHO not in client.caps:
        return
    if label:  # on the first line: the others are in its batch
        tag = f"label={label}".encode()
        lines = b"@%b;%b" % (tag, lines[1:]) if lines.startswith(b"@") else b"@%b %b" % (tag, lines)
    client.connection.send(lines)


def _typed(client: Client, push: Typing) -> None:
    if push.user != client.me.user:
        client.tell(client.framing.typing(push, client.nick))


def _joined(lines: Iterable[Message]) -> bytes:
    return b"".join(line.encode() for line in lines)
