"""Tracks presence in the rooms of this process."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection

from chat.backplane.limits import MAX_PRESENT_LISTED
from chat.backplane.presence import describe
from chat.backplane.presence_pushes import PresencePushes
from chat.protocol.pushes import Person, Presence


class _Room:
    """A room's sessions, and how many each user has: each attach asks for the number of users."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}  # by session
        self.users: Counter[str] = Counter()

    def put(self, session: str, person: Person) -> None:
        self.remove(session)
        self.people[session] = person
        self.users[person.user] += 1

    def remove(self, session: str) -> None:
        if (person := self.people.pop(session, None)) is not None:
            self.users[person.user] -= 1
            if not self.users[person.user]:
                del self.users[person.user]


class LocalPresence:
    """The sessions of each room; a user with several sessions in a room counts once."""

    def __init__(self, push: Callable[[str, Presence], None]) -> None:
        self._rooms: defaultdict[str, _Room] = defaultdict(_Room)
        self._of_session: dict[str, Collection[str]] = {}
        self._pushes = PresencePushes(self._look, push)

    def set(self, session: str, person: Person, rooms: Collection[str]) -> None:
        for room in self._of_session.pop(session, ()):
            if room not in rooms:
                self._remove(room, session)
        for room in rooms:
            if self._rooms[room].people.get(session) != person:
                self._rooms[room].put(session, person)
                self._pushes.changed(room)
        if rooms:
            self._of_session[session] = tuple(rooms)

    def of(self, room: str) -> Presence:
        """Return the presence of ``room``, sorted by name, with the latest name of each user."""
        if (live := self._rooms.get(room)) is None:
            return describe(room, ())
        if len(live.users) > MAX_PRESENT_LISTED:
            return Presence(room=room, count=len(live.users))
        return describe(room, live.people.values())

    def people(self, room: str) -> Collection[Person]:
        live = self._rooms.get(room)
        return () if live is None else tuple(live.people.values())

    def stop(self) -> None:
        self._pushes.stop()

    def _remove(self, room: str, session: str) -> None:
        self._rooms[room].remove(session)
        if not self._rooms[room].people:
            del self._rooms[room]
        self._pushes.changed(room)

    def _look(self, room: str) -> None:
        presence = self.of(room)
        self._pushes.put(presence)
        if not presence.count:
            del self._pushes.last[room]
