"""The steps by which an attachment begins to read: its rooms, hello, the log after its cursor."""

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from chat.accounts.bots import KnownBots
from chat.attach.attachment import Attachment, AttachRequest
from chat.attach.catch_up import CatchUp
from chat.attach.presence import Presences
from chat.attach.registry import Registry
from chat.background import Tasks
from chat.backplane.base import Backplane
from chat.backplane.records import Membership
from chat.backplane.refusals import refused
from chat.errors import ChatError
from chat.hub.heartbeats import Heartbeats
from chat.hub.hub import Hub
from chat.hub.reader import Reader
from chat.negotiation.evidence import NetworkEvidence
from chat.protocol import codes
from chat.protocol.codes import Code
from chat.protocol.cursor import Position
from chat.protocol.negotiation import Transport
from chat.protocol.outgoing import Outgoing
from chat.protocol.pushes import Hello, Rooms, RoomState, skeleton_of
from chat.rooms import LOBBY
from chat.rooms.access import is_closed
from chat.rooms.grants import Scope
from chat.settings.settings import Settings

log: Final = logging.getLogger(__name__)

# The shortest interval that a client may ask for, to notice a dead link soon. Below it heartbeats
# cost more than they are worth: a phone's radio sleeps between them.
MIN_HEARTBEAT_S: Final = 5.0

# As many entries may follow a ``joined`` between two polls. A client whose cursor lacks a room that
# was joined longer ago reads it from now on.
MAX_BETWEEN_POLLS: Final = 100

# Long polling is the advice itself, SockJS has its own negotiation, and IRC has none.
_UNADVISED: Final = frozenset({Transport.LONGPOLL, Transport.SOCKJS, Transport.IRC})


@dataclass(frozen=True, kw_only=True)
class Subscriptions:
    """Subscribes attachments to their rooms, and to rooms that are joined later."""

    settings: Settings
    hub: Hub
    backplane: Backplane
    registry: Registry
    presences: Presences
    catch_up: CatchUp
    heartbeats: Heartbeats
    evidence: NetworkEvidence
    tasks: Tasks
    instance: str
    bots: KnownBots

    def advise(self, attachment: Attachment) -> bool:
        """End a stream of a slow session with the advice to poll; return whether it was ended.

        The session was shed without a goodbye, for its socket took no bytes; this socket is still
        empty. A client that opens a stream again in spite of the advice is merely shed again.
        """
        is_possible = Transport.LONGPOLL in self.settings.transports
        if attachment.transport in _UNADVISED or not is_possible:
            return False
        if not self.evidence.consume_advice(attachment.session.id):
            return False
        self.hub.end(attachment.reader, codes.ADVISED, advice=Transport.LONGPOLL)
        return True

    async def begin(self, attachment: Attachment, request: AttachRequest) -> Sequence[str]:
        """Queue hello and each room's first page; return the rooms that have more pages."""
        reader, person = attachment.reader, attachment.session.person
        attachment.only_rooms = request.rooms
        # Another instance has carried this session, and what it has shown is not known here.
        is_unknown = request.session is not None and not attachment.session.presence_seen
        attachment.heartbeat_s = self._heartbeat_s(request.heartbeat_s)
        await self.backplane.follow_user(person.user)
        if not attachment.is_announced:
            await self.backplane.announce(person.user, attachment.session.id, attachment.id)
        memberships = await self._choose(attachment, request)
        names = [membership.room for membership in memberships]
        await self.backplane.follow(names)
        positions = [await self._since(attachment, request, m) for m in memberships]
        if reader.is_gone:  # ended meanwhile: nothing would remove it from its rooms again
            if not self.registry.of_user(person.user):
                self.backplane.unfollow_user(person.user)
            return ()
        for room, since in zip(names, positions, strict=True):
            self.hub.rooms.subscribe(reader, room, since)
        attachment.began_at = reader.cursor()
        if request.has_hello:
            self._send_hello(attachment, memberships)
        elif not request.rooms:
            # A room that was left, or removed, between two polls: without this, only the cursor of
            # an answer that may be long in coming would show it.
            for room in request.cursor.keys() - names:
                self.tell(reader, room, is_member=False)
            # This answer has the room in its cursor: if it is removed before the next poll, that
            # one tells so, whichever instance gets it.
            for membership, since in zip(memberships, positions, strict=True):
                if membership.room not in request.cursor and since != membership.position:
                    self.tell(reader, membership.room, is_member=True)
        attachment.is_hello_sent = True
        for change in attachment.late:
            change()
        # The first pages of all rooms are read before anything is written, so that a poll with
        # entries in several rooms gets them in one answer.
        if len(names) == 1:  # as a rule
            is_more = [await self.catch_up.step(reader, names[0])]
        else:
            is_more = await asyncio.gather(*(self.catch_up.step(reader, room) for room in names))
        await self.set_present(attachment)
        for room in names:
            if room in reader.rooms:  # else they were removed from it meanwhile
                is_new = request.has_hello or is_unknown or room not in request.cursor
                await self.presences.show(reader, attachment.session, room, is_new=is_new)
        return [room for room, has_more in zip(names, is_more, strict=True) if has_more]

    async def _since(
        self, attachment: Attachment, request: AttachRequest, membership: Membership
    ) -> Position:
        """Return the position after which the reader reads the room of ``membership``.

        A client that polls without hello learns of a room that its user became a member of between
        two polls only by its ``joined``: so that is where it begins.
        """
        room, top = membership.room, membership.position
        if not (request.has_hello or request.rooms or room in request.cursor):
            since = await self.backplane.member_since(attachment.session.person.user, room)
            if since and top.offset - since < MAX_BETWEEN_POLLS:
                return Position(top.epoch, since - 1)
        return request.since(room, top)

    async def _choose(self, attachment: Attachment, request: AttachRequest) -> Sequence[Membership]:
        if request.is_newcomer:
            memberships: Sequence[Membership] = await self._enter_lobby()
        else:
            user = attachment.session.person.user
            memberships = [
                membership
                for membership in await self.backplane.memberships(user)
                if self.bots.may_read(user, membership.room)
            ]
            for room in request.rooms:
                self.bots.check(user, Scope.READ, room)
        if not request.rooms:
            return memberships
        joined = {membership.room: membership for membership in memberships}
        others = [room for room in request.rooms if room not in joined]
        return [joined[room] for room in request.rooms if room in joined] + (
            await self._visit(others) if others else []
        )

    async def _enter_lobby(self) -> list[Membership]:
        """Return the membership of somebody who begins to read with the others who are here."""
        live = self.hub.rooms.get(LOBBY)
        if live is None or live.written is None:
            return await self._visit([LOBBY])
        return [Membership(LOBBY, live.written, live.written.offset, 0)]

    async def _visit(self, rooms: Collection[str]) -> list[Membership]:
        """Return memberships for reading ``rooms`` from now on without having joined them.

        Rooms that only members may know of count as missing.
        """
        positions = await self.backplane.positions([r for r in rooms if not is_closed(r)])
        if missing := [room for room in rooms if room not in positions]:
            raise refused(Code.NO_SUCH_ROOM, missing[0])
        return [
            Membership(room, position, position.offset, 0) for room, position in positions.items()
        ]

    def _send_hello(self, attachment: Attachment, memberships: Sequence[Membership]) -> None:
        session, positions = attachment.session, attachment.reader.positions
        hello = Hello(
            session=session.id,
            user=session.person.user,
            name=session.person.name,
            skeleton=skeleton_of(session.person.name),
            transport=attachment.transport,
            instance=self.instance,
            heartbeat_s=attachment.heartbeat_s,
            rooms=[
                RoomState(room=m.room, unread=m.unread, **positions[m.room]._asdict())
                for m in memberships
            ],
        )
        self.hub.send(attachment.reader, Outgoing.of_push(hello))

    def add_room(self, attachment: Attachment, room: str, since: Position) -> None:
        """Have an attached reader read a room that its user has joined, after ``since``.

        A poll is answered instead. Its cursor lacks the room, so whichever instance gets the next
        poll tells of the room and shows everything of it.
        """
        if attachment.transport is not Transport.LONGPOLL:
            self.tell(attachment.reader, room, is_member=True)
            self.tasks.start(self._read_room(attachment, room, since))
            return
        attachment.has_new_room = True
        if not attachment.reader.is_corked:
            self.answer(attachment)

    def answer(self, attachment: Attachment) -> None:
        """Answer a poll now, with what is pending or with nothing."""
        attachment.flush()
        if not attachment.reader.is_gone:
            attachment.reader.sink.write(b"")

    def tell(self, reader: Reader, room: str, *, is_member: bool) -> None:
        """Tell that the user is a member of ``room`` now, or is one no longer."""
        self.hub.send(reader, Outgoing.of_push(Rooms(room=room, is_member=is_member)))

    async def _read_room(self, attachment: Attachment, room: str, since: Position) -> None:
        reader = attachment.reader
        if reader.is_gone or room in reader.rooms:
            return
        self.hub.rooms.subscribe(reader, room, since)
        self.heartbeats.send_cursor(reader)
        try:
            await self.backplane.follow([room])
            await self.catch_up.to_live(reader, room)
            await self.set_present(attachment)
            if room in reader.rooms:
                await self.presences.show(reader, attachment.session, room, is_new=True)
        except ChatError as error:
            log.info("A reader could not go on to %s, and reconnects: %s", room, error)
            self.hub.end(reader, codes.FAILED, retry_ms=error.retry_ms or 0)

    async def set_present(self, attachment: Attachment) -> None:
        session = attachment.session
        if self.registry.is_current(attachment):
            await self.presences.set(session, attachment.reader.rooms)

    def _heartbeat_s(self, asked_s: int | None) -> float:
        longest_s = self.settings.heartbeat_s
        return longest_s if asked_s is None else min(max(MIN_HEARTBEAT_S, asked_s), longest_s)
