"""Presence: tells the backplane and the readers here which users are present."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Collection

from chat.backplane.base import Backplane
from chat.hub.hub import Hub
from chat.hub.reader import Reader
from chat.protocol.outgoing import Outgoing
from chat.protocol.pushes import Presence
from chat.sessions.grace import GracePeriods
from chat.sessions.states import SeenPresence, Session


class Presences:
    """The presence of rooms here, and the grace periods of detached sessions."""

    def __init__(
        self, *, hub: Hub, backplane: Backplane, grace_s: float, on_over: Callable[[str], None]
    ) -> None:
        """Call ``on_over`` with each session that does not attach again within ``grace_s``."""
        self._hub = hub
        self._backplane = backplane
        self._on_over = on_over
        # By room, the hash of the newest presence known here. All readers are sent it a little
        # later; a reader that attaches is sent it before.
        self._newest: defaultdict[str, int] = defaultdict(int)
        self._pushes: Counter[str] = Counter()  # how often a room's readers were sent it
        self._pushed: dict[str, int] = {}  # the hash of the last one
        self._grace_periods: GracePeriods[str] = GracePeriods(grace_s)  # of detached sessions
        self._grace: asyncio.TimerHandle | None = None  # the end of the first one

    # Presence of rooms

    async def set(self, session: Session, rooms: Collection[str]) -> None:
        """Store that ``session`` makes its user present in ``rooms``, and in no others."""
        await self._backplane.set_present(session.id, session.person, tuple(rooms))

    async def show(self, reader: Reader, session: Session, room: str, *, is_new: bool) -> None:
        """Send ``reader`` the presence of ``room`` if it is new, or a poll that missed a change."""
        seen, pushes = session.presence_seen.get(room), self._pushes[room]
        if is_new or (seen is not None and seen.fingerprint != self._newest[room]):
            presence = await self._backplane.presence(room)
            if self._pushes[room] == pushes:  # if not, ``reader`` was sent a newer one
                self._show(reader, room, Outgoing.of_push(presence))
        elif seen is not None:
            self._note_shown(reader, room, seen.fingerprint)
        session.presence_seen[room] = SeenPresence(self._newest[room], self._pushes[room])

    def dispatch(self, presence: Presence) -> None:
        """Send ``presence`` to the readers of its room that were not given the same just now.

        A reader that attaches is shown the presence at once, and its own arrival is part of the
        presence that the others are sent a little later. Parked polls miss it.
        """
        room, push = presence.room, Outgoing.of_push(presence)
        fingerprint = self._newest[room] = self._pushed[room] = hash(push.payload)
        self._pushes[room] += 1
        if (live := self._hub.rooms.get(room)) is not None:
            push.seen_by = live.pop_shown(fingerprint)
            self._hub.dispatch(room, push)

    def note_seen(self, session: Session, rooms: Collection[str]) -> None:
        """Note that ``session`` was given every presence that readers of ``rooms`` were sent."""
        for room in rooms:
            pushes = self._pushes[room]
            known = session.presence_seen.get(room)
            if pushes and (known is None or known.pushes != pushes):
                session.presence_seen[room] = SeenPresence(self._pushed[room], pushes)

    def is_up_to_date(self, session: Session, rooms: Collection[str]) -> bool:
        """Return whether ``session`` was given the newest presence of ``rooms``."""
        seen = session.presence_seen
        return all(
            (known := seen.get(room)) is not None and known.fingerprint == self._newest[room]
            for room in rooms
        )

    def _show(self, reader: Reader, room: str, push: Outgoing) -> None:
        """Send ``push``, the newest presence, unless ``reader`` has or will get the same."""
        self._newest[room] = hash(push.payload)
        live = self._hub.rooms.get(room)
        if live is not None and not live.has_presence(reader, push):
            self._hub.send(reader, push)
            self._note_shown(reader, room, self._newest[room])

    def _note_shown(self, reader: Reader, room: str, fingerprint: int) -> None:
        """Note that the presence of ``room`` last given to ``reader`` has this hash."""
        if not reader.is_gone and (live := self._hub.rooms.get(room)) is not None:
            live.shown[reader] = fingerprint

    # Grace periods

    def begin_grace(self, session: str) -> None:
        """Begin the grace period of ``session``, which was detached."""
        self._grace_periods.begin(session, now=asyncio.get_running_loop().time())
        self._await_graces()

    def end_grace(self, session: str) -> None:
        """End the grace period of ``session``, which was attached again."""
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
