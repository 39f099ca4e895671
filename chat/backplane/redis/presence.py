"""Tracks presence by leases in Redis: the leases of a dead instance expire by themselves.

Each instance writes the leases of its own sessions and computes the presence pushes for its own
readers: when it is notified that a room's presence has changed, and at intervals, to find expired
leases. The more people are present, the less often.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Collection
from typing import Any, Final, NamedTuple

import msgspec

from chat.background import Tasks
from chat.backplane.presence import describe
from chat.backplane.presence_pushes import PresencePushes
from chat.backplane.redis.store import Store
from chat.clock import Clock
from chat.errors import ChatError
from chat.protocol.pushes import Person, Presence

log: Final = logging.getLogger(__name__)

RENEW_INTERVAL_S: Final = 8.0
# Two renewals may fail. With EXPIRY_INTERVAL_S, the people of a dead instance leave within 30 s.
LEASE_S: Final = 20.0
EXPIRY_INTERVAL_S: Final = 5.0
# Between two times that other instances are told. They push a presence once in a second.
TELL_INTERVAL_S: Final = 0.05
# The leases of a room that nobody renews, such as one that was removed, go by themselves. Nobody
# reads them then; the clocks of instances differ by less.
KEPT_S: Final = 60
# When an instance stops, its clients reconnect to others within a few seconds.
MOVE_S: Final = 10.0
PRESENCE_CHANGED: Final = b"presence"


class _Lease(msgspec.Struct, array_like=True):
    until: float  # seconds since 1970, by the clock of the instance that wrote it
    user: str
    name: str
    away: str = ""


class _Present(NamedTuple):
    people: Collection[Person]  # one item per session
    presence: Presence


_decoder: Final = msgspec.json.Decoder(_Lease)


class Leases:
    """Writes the presence of this instance's sessions; pushes everybody's to its readers."""

    def __init__(
        self, store: Store, clock: Clock, publish: str, push: Callable[[str, Presence], None]
    ) -> None:
        self._store = store
        self._keys = store.keys
        self._clock = clock
        self._publish = publish
        # A session that moves is on two instances for a while; each writes a lease of its own.
        self._instance = secrets.token_hex(4)
        self._sessions: dict[str, tuple[Person, tuple[str, ...]]] = {}
        self._reading: dict[str, asyncio.Task[_Present]] = {}  # about to begin
        self._newest: dict[str, Presence] = {}  # as last read, by room
        self._changed: set[str] = set()  # rooms whose instances are not told yet
        self._telling: asyncio.Handle | None = None  # of them; or of none, after a while
        self._tasks = Tasks()
        self.pushes = PresencePushes(lambda room: self._tasks.start(self._read(room)), push)

    def set(self, session: str, person: Person, rooms: Collection[str]) -> None:
        """Write the leases of ``session`` and delete those that it had in other rooms.

        Nobody waits for it: what is read later is read after that. A failure must not keep anybody
        from reading. The next renewal writes the leases again, and those that should have been
        deleted expire.
        """
        old_person, old_rooms = self._sessions.pop(session, (person, ()))
        if rooms:
            self._sessions[session] = (person, tuple(rooms))
        left = set(old_rooms) - set(rooms)
        commands: list[tuple[Any, ...]] = [
            ("HDEL", self._keys.present(room), self._field(session)) for room in left
        ]
        commands += [self._write(session, person, room, LEASE_S) for room in rooms]
        self._store.tell(*commands, of="Presence")
        for room in left:
            self._changed_in(room)
        for room in rooms:
            if room not in old_rooms or person != old_person:
                self._changed_in(room)

    async def of(self, room: str) -> Presence:
        """Return the presence of ``room`` now; in a large room, the count as last read."""
        newest = self._newest.get(room) if self.pushes.is_in_interval(room) else None
        # Not as last pushed: while a room fills, that may have been of a few. Each arrival of
        # thousands would read all their leases.
        if newest is not None and newest.users is None:
            return newest
        return (await self._present(room)).presence

    async def people(self, room: str) -> Collection[Person]:
        """Return the people in ``room`` now, one item per session."""
        return (await self._present(room)).people

    async def _present(self, room: str) -> _Present:
        """Return who is in ``room`` now; delete expired leases.

        Those who ask in one turn of the event loop, such as clients that attach at once, share
        what is read. Each room is read by itself: there may be thousands.
        """
        if (reading := self._reading.get(room)) is None:
            # It begins in the next turn, so the rest of this one joins.
            reading = self._reading[room] = asyncio.create_task(self._read_present(room))
        return await asyncio.shield(reading)

    async def _read_present(self, room: str) -> _Present:
        del self._reading[room]
        (answer,) = await self._store.ask(("HGETALL", self._keys.present(room)))
        now = self._clock.time()
        people, gone = [], []
        for session, value in answer.items():
            lease = _decoder.decode(value)
            if lease.until > now:
                people.append(Person(user=lease.user, name=lease.name, away=lease.away))
            else:
                gone.append(session)
        presence = self._newest[room] = describe(room, people)
        if gone:
            await self._store.ask(("HDEL", self._keys.present(room), *gone))
        return _Present(people, presence)

    async def renew_for_ever(self) -> None:
        """Renew the leases of the sessions here until cancelled."""
        while True:
            await asyncio.sleep(RENEW_INTERVAL_S)
            try:
                await self._write_all(LEASE_S)
            except ChatError as error:
                log.info("Presence could not be renewed: %s", error)

    async def expire_for_ever(self, rooms: Callable[[], Collection[str]]) -> None:
        """Look for expired leases in ``rooms()``, until cancelled."""
        while True:
            await asyncio.sleep(EXPIRY_INTERVAL_S)
            read = rooms()
            for known in (self.pushes.last, self._newest):
                for room in known.keys() - read:
                    del known[room]
            for room in read:
                self.pushes.changed(room)

    async def stop(self) -> None:
        """Shorten the leases here to MOVE_S: clients that move to another instance stay present."""
        self.pushes.stop()
        if self._telling is not None:
            self._telling.cancel()
        if self._changed:
            self._tell_of_changes()
        await self._tasks.cancel()
        try:
            await self._write_all(MOVE_S)
        except ChatError as error:
            log.warning("Presence could not be given up, its leases will run out: %s", error)

    def _changed_in(self, room: str) -> None:
        """Tell all instances that the presence of ``room`` has changed, in the next turn.

        Not once for each session: many attach within a few turns, and an instance looks once for
        all of them.
        """
        self._changed.add(room)
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_soon(self._tell_on)

    def _tell_on(self) -> None:
        self._telling = None
        if self._changed:
            self._tell_of_changes()
            self._telling = asyncio.get_running_loop().call_later(TELL_INTERVAL_S, self._tell_on)

    def _tell_of_changes(self) -> None:
        rooms, self._changed = self._changed, set()
        told = ((self._publish, self._keys.feed(room), PRESENCE_CHANGED) for room in rooms)
        self._store.tell(*map(self._keep, rooms), *told, of="Presence")

    def _write(self, session: str, person: Person, room: str, for_s: float) -> tuple[Any, ...]:
        until = self._clock.time() + for_s
        lease = _Lease(until, person.user, person.name, person.away)
        return ("HSET", self._keys.present(room), self._field(session), msgspec.json.encode(lease))

    def _keep(self, room: str) -> tuple[Any, ...]:
        return ("EXPIRE", self._keys.present(room), KEPT_S)

    async def _write_all(self, for_s: float) -> None:
        commands = [
            self._write(session, person, room, for_s)
            for session, (person, rooms) in self._sessions.items()
            for room in rooms
        ]
        kept = dict.fromkeys(room for _, rooms in self._sessions.values() for room in rooms)
        commands += map(self._keep, kept)
        if commands:
            await self._store.ask(*commands)

    def _field(self, session: str) -> str:
        return f"{session} {self._instance}"

    async def _read(self, room: str) -> None:
        try:
            presence = (await self._present(room)).presence
        except ChatError as error:
            log.info("Who is in %s could not be read: %s", room, error)
            return
        self.pushes.put(presence)
