"""Presence: tells the backplane and the readers here which users are present."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from chat.backplane.base import Backplane
from chat.hub.hub import Hub
from chat.hub.reader import Reader
from chat.protocol.outgoing import Outgoing
from chat.protocol.pushes import Presence
from chat.sessions.grace import GracePeriods
from chat.sessions.states import SeenPresence, Session, State

_NOTHING_SEEN: Final = SeenPresence(0, 0)


@dataclass(slots=True)
class _RoomPresence:
    """The presence of a room as known here, for as long as a session has read it."""

    newest: int = 0  # the hash of the newest one; readers that attach are shown it at once
    pushed: int = 0  # the hash of the one that all readers were sent last, a little later
    pushes: int = 0  # how often they were sent one
    sessions: int = 0  # how many have read it


class Presences:
    """The presence of rooms here, and the grace periods of detached sessions."""

    def __init__(
        self, *, hub: Hub, backplane: Backplane, grace_s: float, on_over: Callable[[str], None]
    ) -> None:
        """Call ``on_over`` with each session that does not attach again within ``grace_s``."""
        self._hub = hub
        self._backplane = backplane
        self._on_over = on_over
        self._rooms: dict[str, _RoomPresence] = {}
        self._grace_periods: GracePeriods[str] = GracePeriods(grace_s)  # of detached sessions
        self._grace: asyncio.TimerHandle | None = None  # the end of the first one

    # Presence of rooms

    async def set(self, session: Session, rooms: Collection[str]) -> None:
        """Store that ``session`` makes its user present in ``rooms``, and in no others."""
        await self._backplane.set_present(session.id, session.person, tuple(rooms))

    async def show(self, reader: Reader, session: Session, room: str, *, is_new: bool) -> None:
        """Send ``reader`` the presence of ``room`` if it is new, or a poll that missed a change."""
        seen, known = session.presence_seen.get(room), self._known(session, room)
        if is_new or (seen is not None and _has_missed(seen, known)):
            pushes = known.pushes
            presence = await self._backplane.presence(room)
            if known.pushes == pushes:  # if not, ``reader`` was sent a newer one
                push = Outgoing.of_push(presence)
                known.newest = hash(push.payload)
                self._show(reader, room, push)
        elif seen is not None:
            self._note_shown(reader, room, seen.fingerprint)
        # Meanwhile the session may have been forgotten, or a poll answered without the presence.
        if session.state is not State.CLOSED and not reader.is_gone:
            session.presence_seen[room] = SeenPresence(known.newest, known.pushes)

    def dispatch(self, presence: Presence) -> None:
        """Send ``presence`` to the readers of its room that were not given the same just now.

        A reader that attaches is shown the presence at once, and its own arrival is part of the
        presence that the others are sent a little later. Parked polls miss it.
        """
        room, push = presence.room, Outgoing.of_push(presence)
        fingerprint = hash(push.payload)
        if (known := self._rooms.get(room)) is not None:
            known.newest = known.pushed = fingerprint
            known.pushes += 1
        if (live := self._hub.rooms.get(room)) is not None:
            push.seen_by = live.pop_shown(fingerprint)
            self._hub.dispatch(room, push)

    def note_seen(self, session: Session, rooms: Collection[str]) -> None:
        """Note that ``session`` was given every presence that readers of ``rooms`` were sent."""
        for room in rooms:
            known = self._known(session, room)
            if known.pushes and session.presence_seen[room].pushes != known.pushes:
                session.presence_seen[room] = SeenPresence(known.pushed, known.pushes)

    def is_up_to_date(self, session: Session, rooms: Collection[str]) -> bool:
        """Return whether ``session`` was given the newest presence of ``rooms``."""
        for room in rooms:  # a generator would cost more than what it does; each poll comes here
            seen = session.presence_seen.get(room)
            if seen is None or seen.fingerprint != self._rooms[room].newest:
                return False
        return True

    @property
    def rooms(self) -> Collection[str]:
        """The rooms whose presence is known here."""
        return self._rooms.keys()

    def forget(self, session: Session) -> None:
        """Forget what ``session``, which is closed, has seen; and rooms that no other has read."""
        for room in session.presence_seen:
            self._rooms[room].sessions -= 1
            if not self._rooms[room].sessions:
                del self._rooms[room]
        session.presence_seen.clear()

    def _known(self, session: Session, room: str) -> _RoomPresence:
        known = self._rooms.get(room)
        if known is None:
            known = self._rooms[room] = _RoomPresence()
        if room not in session.presence_seen:
            known.sessions += 1
            session.presence_seen[room] = _NOTHING_SEEN
        return known

    def _show(self, reader: Reader, room: str, push: Outgoing) -> None:
        """Send ``push``, the newest presence, unless ``reader`` has or will get the same."""
        live = self._hub.rooms.get(room)
        if room in reader.rooms and live is not None and not live.has_presence(reader, push):
            self._hub.send(reader, push)
            self._note_shown(reader, room, hash(push.payload))

    def _note_shown(self, reader: Reader, room: str, fingerprint: int) -> None:
        if not reader.is_gone and (live := self._hub.rooms.get(room)) is not None:
            live.shown[reader] = fingerprint

    # Grace periods

    def begin_grace(self, session: str) -> None:
        self._grace_periods.begin(session, now=asyncio.get_running_loop().time())
        self._await_graces()

    def end_grace(self, session: str) -> None:
        self._grace_periods.end(session)

    def stop(self) -> None:
        """End all grace periods without calling ``on_over``."""
        if self._grace is not None:
            self._grace.cancel()
        self._grace_periods.clear()

    def _await_graces(self) -> None:
        if self._grace is None and (end := self._grace_periods.next_end) is not None:
            self._grace = asyncio.get_running_loop().call_at(end, self._end_graces)

    def _end_graces(self) -> None:
        self._grace = None
        for session in self._grace_periods.pop_ended(now=asyncio.get_running_loop().time()):
            self._on_over(session)
        self._await_graces()


def _has_missed(seen: SeenPresence, known: _RoomPresence) -> bool:
    """Return whether a client, which may have polled another instance, has missed a presence.

    One push since then may be the presence that it was shown before the others. If there were two,
    they may have led to another presence and back, and the other instance has sent the other one.
    """
    return seen.fingerprint != known.newest or known.pushes > seen.pushes + 1
