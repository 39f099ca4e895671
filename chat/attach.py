"""Attaching: how any transport begins to read, goes on from a cursor, and stops.

One way for all of them: hold the live pushes back, read the log behind the cursor, let the
live pushes through without those that were read. Fallback, upgrade, reconnect and a hop from
another instance are all this.
"""

import asyncio
import logging
import secrets
from collections import Counter, defaultdict
from collections.abc import Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chat.backplane.base import PAGE_BYTES, Backplane, Membership
from chat.errors import ChatError, Refused, ResyncNeeded, Unavailable
from chat.hub import Hub
from chat.negotiation import Transport
from chat.protocol import codes
from chat.protocol.codes import Code, Disconnect
from chat.protocol.cursor import Position
from chat.protocol.outgoing import Framing, Outgoing
from chat.protocol.pushes import (
    Entry,
    Heartbeat,
    Hello,
    Person,
    Presence,
    Push,
    Reply,
    RoomState,
    error_reply,
)
from chat.readers import Reader, Sink
from chat.rooms import LOBBY
from chat.sessions import ids
from chat.sessions.states import Session, State
from chat.settings import Settings
from chat.witness import DEPARTURES, Departure, Witness

log: Final = logging.getLogger(__name__)

# What one step of catching up holds in memory for each reader: some 100 KB of usual messages.
PAGE_LIMIT: Final = 200

# What a poll is answered with at most: two pages of the longest messages, one more that was read
# beside them, and what is live. Those who never take their answers hold one each.
MAX_ANSWER_BYTES: Final = 4 * PAGE_BYTES

# A client that must notice a dead link soon may ask for more heartbeats than usual. More often
# than this they would cost more than they tell: a phone's radio sleeps between them.
MIN_HEARTBEAT_S: Final = 5.0

_FRAMINGS: Final = {
    Transport.WEBSOCKET: Framing.WEBSOCKET,
    Transport.SSE: Framing.SSE,
    Transport.LONGPOLL: Framing.POLL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client asks for when it attaches."""

    session: str | None = None  # one to carry on; None, unknown or another user's: a new one
    cursor: Mapping[str, Position]  # rooms missing in it begin now
    rooms: Collection[str] = ()  # only these, joined or not; none: all of the user's
    has_hello: bool = True
    heartbeat_s: int | None = None  # how often to be told that the link lives; None: as set
    is_newcomer: bool = False  # somebody who has just been made, and so is in the lobby alone


class Attachment:
    """One transport carrying one session, from Attachments.open to detach."""

    def __init__(
        self, owner: "Attachments", session: Session, reader: Reader, transport: Transport
    ) -> None:
        self.session = session
        self.reader = reader
        self.transport = transport
        self.heartbeat: asyncio.TimerHandle | None = None
        self.heartbeat_s = 0.0
        self.only_rooms: Collection[str] = ()
        self.is_greeted = False  # hello comes first: what concerns the user waits for it
        self.late_rooms: list[tuple[str, Position]] = []  # joined before that
        self.began_at = ""  # the cursor from which it reads, when that is known
        self.id = secrets.token_hex(4)
        self.is_announced = False
        self.failed: Disconnect | None = None  # why it did not come to reading, if it did not
        self._owner = owner

    def cursor(self) -> str:
        """Send what is pending, and return the cursor of all that was sent."""
        self.settle()
        return self.reader.cursor()

    def settle(self) -> None:
        """Send what is pending, now."""
        self._owner.settle(self)

    def detach(self, departure: Departure = Departure.CLOSED) -> None:
        """The transport is gone. May be called at any time, and again.

        ``departure`` says how, unless we said goodbye: that had its own reason.
        """
        self._owner.detach(self, departure)


class Attachments:
    """The attached sessions of this instance; hears the live feed for them."""

    def __init__(
        self,
        settings: Settings,
        *,
        hub: Hub,
        backplane: Backplane,
        secret: bytes,
        witness: Witness,
    ) -> None:
        self._settings = settings
        self._hub = hub
        self._backplane = backplane
        self._secret = secret
        self._witness = witness
        self.instance = secrets.token_hex(4)  # tells instances apart, in hello and in logs
        self._sessions: dict[str, Session] = {}
        self._current: dict[str, Attachment] = {}  # by session
        self._of_user: defaultdict[str, dict[Attachment, None]] = defaultdict(dict)
        self._presence_versions: defaultdict[str, int] = defaultdict(int)
        self._graces: dict[str, asyncio.TimerHandle] = {}  # by detached session
        self._tasks: set[asyncio.Task[None]] = set()

    # Attaching

    def new_session(self, user: str) -> str:
        """Return a fresh session id for ``user``."""
        return ids.new_id(self._secret, user, secrets.token_bytes(9))

    def is_session_of(self, session: str, user: str) -> bool:
        """Return whether ``user`` may carry ``session`` on."""
        return ids.is_of(session, self._secret, user)

    def open(
        self, sink: Sink, person: Person, transport: Transport, session_id: str | None
    ) -> Attachment:
        """Have ``transport`` carry a session; an older transport of it is told to go."""
        if session_id is None or not self.is_session_of(session_id, person.user):
            session_id = self.new_session(person.user)
        if (older := self._current.get(session_id)) is not None:
            self._hub.end(older.reader, codes.REPLACED)
            self.detach(older)
        session = self._sessions.setdefault(session_id, Session(session_id, person))
        session.enter(State.ATTACHED)
        session.person = person
        if (grace := self._graces.pop(session_id, None)) is not None:
            grace.cancel()
        attachment = Attachment(
            self, session, Reader(sink, person, _FRAMINGS[transport]), transport
        )
        self._current[session_id] = attachment
        self._of_user[person.user][attachment] = None
        self._witness.attached(transport)
        return attachment

    async def start(self, attachment: Attachment, request: Request) -> None:
        """Begin to read: hello, then what came after the cursor, then what comes.

        Returns when the reader is live, or gone. Raises Refused ``no_such_room`` before
        anything is written, Unavailable at any time; detach in either case.
        """
        if self._advise(attachment):
            return
        reader = attachment.reader
        attachment.only_rooms = request.rooms
        attachment.heartbeat_s = self._heartbeat_s(request.heartbeat_s)
        try:
            with self._witness.reading():
                unread = await self._begin(attachment, request)
            self._hub.uncork(reader)
            for room in unread:
                await self._catch_up(reader, room)
        except ChatError as error:
            attachment.failed = _disconnect_for(error)
            raise
        if not reader.is_gone and attachment.transport is not Transport.LONGPOLL:
            self._beat_later(attachment)

    async def _begin(self, attachment: Attachment, request: Request) -> Sequence[str]:
        """Queue hello and each room's first page; return the rooms that have more behind it."""
        reader, person = attachment.reader, attachment.session.person
        await self._backplane.follow_user(person.user)
        await self._backplane.announce(person.user, attachment.session.id, attachment.id)
        memberships = await self._choose(attachment, request)
        names = [membership.room for membership in memberships]
        await self._backplane.follow(names)
        for membership in memberships:
            since = request.cursor.get(membership.room, membership.position)
            self._hub.subscribe(reader, membership.room, since)
        attachment.began_at = reader.cursor()
        if request.has_hello:
            self._greet(attachment, memberships)
        attachment.is_greeted = True
        for late_room, since in attachment.late_rooms:
            self._spawn(self._add_room(attachment, late_room, since))
        # All rooms' first pages are read before anything is written, so that a poll that finds
        # something in several rooms has one answer.
        if len(names) == 1:  # as a rule
            is_more = [await self._step(reader, names[0])]
        else:
            is_more = await asyncio.gather(*(self._step(reader, room) for room in names))
        await self._set_present(attachment)
        for room in names:
            await self._show_presence(attachment, room, is_new=request.has_hello)
        return [room for room, has_more in zip(names, is_more, strict=True) if has_more]

    def reply(self, attachment: Attachment, reply: Reply) -> None:
        """Send the answer to a command that came by this transport."""
        self._hub.send(attachment.reader, Outgoing.of_reply(reply))

    def fail(self, attachment: Attachment, error: ChatError) -> None:
        """Say why this attach did not work out, and whether and when to come back; then close."""
        if not isinstance(error, Unavailable):  # else the goodbye says it all
            self.reply(attachment, error_reply(error))
        disconnect, retry_ms = _disconnect_for(error), error.retry_ms or 0
        self._hub.end(attachment.reader, disconnect, retry_ms=retry_ms)

    def settle(self, attachment: Attachment) -> None:
        """Send what is pending for ``attachment``, now."""
        self._hub.settle(attachment.reader)

    def detach(self, attachment: Attachment, departure: Departure = Departure.CLOSED) -> None:
        """Stop reading. The session stays for a grace, in which its user is still present."""
        session = attachment.session
        if attachment not in self._of_user.get(session.person.user, ()):
            return
        if (disconnect := attachment.reader.ended or attachment.failed) is not None:
            departure = DEPARTURES[disconnect]
        self._witness.detached(attachment.transport, session.id, departure)
        self._hub.remove(attachment.reader)
        if attachment.heartbeat is not None:
            attachment.heartbeat.cancel()
        for room in attachment.reader.positions:
            session.presence_seen[room] = self._presence_versions[room]
        of_user = self._of_user[session.person.user]
        del of_user[attachment]
        if not of_user:
            del self._of_user[session.person.user]
            self._backplane.unfollow_user(session.person.user)
        self._backplane.unfollow(
            [room for room in attachment.reader.positions if not self._hub.is_read(room)]
        )
        if self._current.get(session.id) is attachment:
            del self._current[session.id]
            session.enter(State.DETACHED)
            self._graces[session.id] = asyncio.get_running_loop().call_later(
                self._settings.presence_grace_s, self._close, session
            )

    def end_all(self, disconnect: Disconnect) -> None:
        """Say goodbye to everybody here."""
        for attachment in tuple(self._current.values()):
            self._hub.end(attachment.reader, disconnect)
            self.detach(attachment)

    async def stop(self) -> None:
        """Forget all sessions and wait for what is under way."""
        self.end_all(codes.SHUTDOWN)
        for grace in self._graces.values():
            grace.cancel()
        self._graces.clear()
        if self._tasks:
            await asyncio.wait(self._tasks)

    @property
    def readers(self) -> int:
        """How many readers are attached."""
        return len(self._current)

    def count(self) -> Counter[Transport]:
        """Return how many readers are attached by each transport."""
        return Counter(attachment.transport for attachment in self._current.values())

    # The steps of attaching

    def _advise(self, attachment: Attachment) -> bool:
        """Send a session that streams are too fast for to polling; return whether it was.

        It was shed without a word, for its socket took none. This one is empty still. Who
        streams on in spite of it is let: it only goes on being shed.
        """
        is_possible = Transport.LONGPOLL in self._settings.transports
        if attachment.transport is Transport.LONGPOLL or not is_possible:
            return False
        if not self._witness.take_advice(attachment.session.id):
            return False
        self._hub.end(attachment.reader, codes.ADVISED, advice=Transport.LONGPOLL)
        return True

    async def _choose(self, attachment: Attachment, request: Request) -> Sequence[Membership]:
        if request.is_newcomer:
            memberships: Sequence[Membership] = await self._visit([LOBBY])
        else:
            memberships = await self._backplane.memberships(attachment.session.person.user)
        if not request.rooms:
            return memberships
        joined = {membership.room: membership for membership in memberships}
        others = [room for room in request.rooms if room not in joined]
        return [joined[room] for room in request.rooms if room in joined] + (
            await self._visit(others) if others else []
        )

    async def _visit(self, rooms: Collection[str]) -> list[Membership]:
        """Return what somebody reads who is in none of ``rooms``: what comes from now on."""
        positions = await self._backplane.positions(rooms)
        if missing := [room for room in rooms if room not in positions]:
            raise Refused(Code.NO_SUCH_ROOM, f"There is no room {missing[0]}; join it to make it.")
        return [
            Membership(room, position, position.offset, 0) for room, position in positions.items()
        ]

    def _greet(self, attachment: Attachment, memberships: Sequence[Membership]) -> None:
        session, positions = attachment.session, attachment.reader.positions
        hello = Hello(
            session=session.id,
            user=session.person.user,
            name=session.person.name,
            transport=attachment.transport,
            instance=self.instance,
            heartbeat_s=attachment.heartbeat_s,
            rooms=[
                RoomState(
                    room=membership.room,
                    epoch=positions[membership.room].epoch,
                    offset=positions[membership.room].offset,
                    unread=membership.unread,
                )
                for membership in memberships
            ],
        )
        self._hub.send(attachment.reader, Outgoing.of_push(hello))

    async def _step(self, reader: Reader, room: str) -> bool:
        """Give ``reader`` one page of ``room``; return False when it has got to the live end."""
        if reader.is_gone or room not in reader.held:
            return False
        if self._hub.is_in_time(reader, room):
            self._hub.release(reader, room)
            return False
        try:
            page = await self._backplane.read(room, reader.positions[room], limit=PAGE_LIMIT)
        except ResyncNeeded:
            position = (await self._backplane.positions([room]))[room]
            if room in reader.held:
                self._hub.resync(reader, room, position)
            return True  # what came while we asked is read in the next step
        if room not in reader.held:
            return False
        if sum(map(len, reader.pending)) > MAX_ANSWER_BYTES // 2:
            return True  # other rooms' pages fill the answer to a poll; the next one reads this
        self._hub.give(reader, room, map(Outgoing.of_entry, page.entries))
        if page.more:
            return True
        self._hub.release(reader, room)
        return False

    async def _catch_up(self, reader: Reader, room: str) -> None:
        while not reader.is_gone and await self._step(reader, room):
            self._hub.flush()
            await reader.sink.drained()

    async def _add_room(self, attachment: Attachment, room: str, since: Position) -> None:
        """Have an attached reader read one more room, from behind ``since``."""
        reader = attachment.reader
        if reader.is_gone or room in reader.positions:
            return
        self._hub.subscribe(reader, room, since)
        self._hub.tell_cursor(reader)
        try:
            await self._backplane.follow([room])
            await self._catch_up(reader, room)
            await self._set_present(attachment)
            await self._show_presence(attachment, room, is_new=True)
        except ChatError as error:
            log.exception("A reader could not go on to %s", room)
            self._hub.end(reader, codes.FAILED, retry_ms=error.retry_ms or 0)

    # Presence

    async def _set_present(self, attachment: Attachment) -> None:
        session = attachment.session
        if self._current.get(session.id) is attachment:
            await self._backplane.set_present(
                session.id, session.person, tuple(attachment.reader.positions)
            )

    async def _show_presence(self, attachment: Attachment, room: str, *, is_new: bool) -> None:
        """Send who is in ``room`` to those who can't know: new ones, and polls that missed it."""
        seen = attachment.session.presence_seen.get(room)
        if is_new or (seen is not None and seen != self._presence_versions[room]):
            presence = await self._backplane.presence(room)
            self._hub.send(attachment.reader, Outgoing.of_push(presence))
        attachment.session.presence_seen[room] = self._presence_versions[room]

    def _close(self, session: Session) -> None:
        """The grace is over: nobody came back for this session."""
        session.enter(State.CLOSED)
        del self._graces[session.id], self._sessions[session.id]
        self._spawn(self._backplane.set_present(session.id, session.person, ()))

    # Heartbeats

    def _heartbeat_s(self, asked_s: int | None) -> float:
        longest_s = self._settings.heartbeat_s
        return longest_s if asked_s is None else min(max(MIN_HEARTBEAT_S, asked_s), longest_s)

    def _beat_later(self, attachment: Attachment) -> None:
        attachment.heartbeat = asyncio.get_running_loop().call_later(
            attachment.heartbeat_s, self._beat, attachment
        )

    def _beat(self, attachment: Attachment) -> None:
        if attachment.reader.is_gone:
            return
        attachment.reader.sink.ping()
        heartbeat = Heartbeat(tops=self._hub.tops(attachment.reader))
        self._hub.send(attachment.reader, Outgoing.of_push(heartbeat))
        self._beat_later(attachment)

    # The live feed: chat.backplane.base.Listener

    def on_entries(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._hub.dispatch(entry.room, Outgoing.of_entry(entry))

    def on_reset(self, room: str, position: Position) -> None:
        self._hub.reset(room, position)

    def on_room_push(self, room: str, push: Push) -> None:
        if isinstance(push, Presence):
            self._presence_versions[room] += 1
        self._hub.dispatch(room, Outgoing.of_push(push))

    def on_user_push(self, user: str, push: Push) -> None:
        outgoing = Outgoing.of_push(push)
        for attachment in self._of_user.get(user, ()):
            if attachment.is_greeted:
                self._hub.send(attachment.reader, outgoing)

    def on_joined(self, user: str, room: str, since: Position) -> None:
        for attachment in self._of_user.get(user, ()):
            if attachment.only_rooms:
                continue
            if attachment.is_greeted:
                self._spawn(self._add_room(attachment, room, since))
            else:
                attachment.late_rooms.append((room, since))

    def on_attached(self, user: str, session: str, attachment: str) -> None:
        """Let go of a session that is carried elsewhere now.

        What is announced before our own announcement came back is older than ours.
        """
        current = self._current.get(session)
        if current is None:
            return
        if current.id == attachment:
            current.is_announced = True
        elif current.is_announced:
            self._hub.end(current.reader, codes.REPLACED)
            self.detach(current)

    def on_left(self, user: str, room: str) -> None:
        for attachment in self._of_user.get(user, ()):
            if not attachment.only_rooms and room in attachment.reader.positions:
                self._hub.unsubscribe(attachment.reader, room)
                if not self._hub.is_read(room):
                    self._backplane.unfollow([room])
                self._spawn(self._set_present(attachment))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _disconnect_for(error: ChatError) -> Disconnect:
    return codes.FAILED if isinstance(error, Unavailable) else codes.REFUSED
