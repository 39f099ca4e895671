"""Who counts as present, as this instance tells the backplane and its own readers."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection

from chat.backplane.base import Backplane
from chat.hub import Hub
from chat.protocol.outgoing import Outgoing
from chat.protocol.pushes import Presence
from chat.readers import Reader
from chat.sessions.graces import Graces
from chat.sessions.states import Session


class Presences:
    """The rooms' presence here, and the sessions whose users are present for a while yet."""

    def __init__(
        self,
        *,
        hub: Hub,
        backplane: Backplane,
        grace_s: float,
        on_over: Callable[[str], None],
    ) -> None:
        """``on_over`` is called with each session that nobody came back for in ``grace_s``."""
        self._hub = hub
        self._backplane = backplane
        self._on_over = on_over
        # By room, what was told last, as its hash: who has seen that has missed nothing.
        self._newest: defaultdict[str, int] = defaultdict(int)
        self._graces: Graces[str] = Graces(grace_s)  # of detached sessions
        self._grace: asyncio.TimerHandle | None = None  # the end of the first one

    # Who is in a room

    async def set(self, session: Session, rooms: Collection[str]) -> None:
        """Have ``session``'s user be present in ``rooms``, and in no other by it."""
        await self._backplane.set_present(session.id, session.person, tuple(rooms))

    async def show(self, reader: Reader, session: Session, room: str, *, is_new: bool) -> None:
        """Send who is in ``room`` to those who can't know: new ones, and polls that missed it."""
        seen = session.presence_seen.get(room)
        if is_new or (seen is not None and seen != self._newest[room]):
            presence = await self._backplane.presence(room)
            self.changed(presence)
            self._hub.show_presence(reader, room, Outgoing.of_push(presence))
        elif seen is not None:
            self._hub.has_seen_presence(reader, room, seen)
        session.presence_seen[room] = self._newest[room]

    def changed(self, presence: Presence) -> None:
        """Those who read now are told of ``presence``; others have missed it."""
        self._newest[presence.room] = hash(presence.encode())

    def seen(self, session: Session, rooms: Collection[str]) -> None:
        """``session`` has read ``rooms`` up to now."""
        for room in rooms:
            session.presence_seen[room] = self._newest[room]

    def is_up_to_date(self, session: Session, rooms: Collection[str]) -> bool:
        """Return whether nothing has changed in ``rooms`` since ``session`` read them."""
        seen = session.presence_seen
        return all(seen.get(room) == self._newest[room] for room in rooms)

    # Who may come back

    def begin_grace(self, session: str) -> None:
        """Nothing carries ``session`` now."""
        self._graces.begin(session, now=asyncio.get_running_loop().time())
        self._await_graces()

    def end_grace(self, session: str) -> None:
        """``session`` is back."""
        self._graces.end(session)

    def stop(self) -> None:
        """Wait for nobody any more."""
        if self._grace is not None:
            self._grace.cancel()
        self._graces.clear()

    def _await_graces(self) -> None:
        if self._grace is None and (end := self._graces.next_end) is not None:
            self._grace = asyncio.get_running_loop().call_at(end, self._end_graces)

    def _end_graces(self) -> None:
        self._grace = None
        for session in self._graces.take_over(now=asyncio.get_running_loop().time()):
            self._on_over(session)
        self._await_graces()
