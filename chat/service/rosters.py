"""The people who can be mentioned in a room: present, or spoke or joined there recently."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeVar

from chat.backplane.base import Backplane
from chat.backplane.limits import MAX_PRESENT_LISTED
from chat.backplane.presence import presence_interval_s
from chat.clock import Clock
from chat.errors import ResyncNeeded
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry, JoinedBody, LeftBody, MessageBody
from chat.protocol.pushes import Person
from chat.rooms.mentions import Names

T = TypeVar("T")

# The newest messages whose authors can be mentioned: several screens.
SPOKEN_MESSAGES: Final = 200
# The newest log entries, of any kind, that are searched for people who joined.
JOINED_ENTRIES: Final = 200
# A room's log is read at most this often. People who speak or join here are known at once.
LOG_S: Final = 10.0
# The rooms with recent mentions that are remembered: some 20 MB.
MAX_ROOMS: Final = 1000


class _CachedPeople(NamedTuple):
    until_s: float
    people: dict[str, Person]  # by user, the last one to do something at the end


class _CachedNames(NamedTuple):
    until_s: float
    names: Names


class Rosters:
    """The names of the people who can be mentioned, by room."""

    def __init__(self, backplane: Backplane, clock: Clock) -> None:
        self._backplane = backplane
        self._clock = clock
        self._people: OrderedDict[str, _CachedPeople] = OrderedDict()
        self._names: OrderedDict[str, _CachedNames] = OrderedDict()

    def note(self, person: Person, room: str) -> None:
        """Note that ``person`` has sent a message in ``room``, or joined it."""
        if (cached := self._people.get(room)) is not None:
            cached.people.pop(person.user, None)
            cached.people[person.user] = person

    async def names(self, room: str) -> Names:
        """Return the names of the people who can be mentioned in ``room``.

        Among people of one name, the last to speak comes first. If more than MAX_PRESENT_LISTED
        are present, the names are reused for as long as readers wait between two presences.
        Raises the errors of ``history``.
        """
        now = self._clock.monotonic()
        cached = self._names.get(room)
        if cached is not None and now < cached.until_s:
            return cached.names
        present = await self._backplane.people(room)
        people_in_log = await self._in_log(room)
        names = Names(_latest(people_in_log.values(), present))
        if len(present) > MAX_PRESENT_LISTED:
            _keep(self._names, room, _CachedNames(now + presence_interval_s(len(present)), names))
        return names

    async def known(self, room: str) -> dict[str, Person]:
        """Return by user the people who are present in ``room``, or spoke or joined recently.

        Raises the errors of ``history``.
        """
        present = {person.user: person for person in await self._backplane.people(room)}
        return {**await self._in_log(room), **present}

    async def _in_log(self, room: str) -> dict[str, Person]:
        now = self._clock.monotonic()
        cached = self._people.get(room)
        if cached is None or now >= cached.until_s:
            page = await self._backplane.history(
                room, before=None, after=None, limit=SPOKEN_MESSAGES
            )
            people = _joined(await self._newest(room))
            for entry in page.entries:
                body = entry.decode()
                if isinstance(body, MessageBody):
                    people.pop(body.user, None)
                    people[body.user] = Person(user=body.user, name=body.name)
            cached = _CachedPeople(now + LOG_S, people)
            _keep(self._people, room, cached)
        return cached.people

    async def _newest(self, room: str) -> Sequence[Entry]:
        """Return the newest entries of the log; none if some of them were trimmed."""
        top = (await self._backplane.positions([room])).get(room)
        if top is None:
            return ()
        since = Position(top.epoch, max(0, top.offset - JOINED_ENTRIES))
        try:
            return (await self._backplane.read(room, since, limit=JOINED_ENTRIES)).entries
        except ResyncNeeded:
            return ()


def _joined(entries: Iterable[Entry]) -> dict[str, Person]:
    people: dict[str, Person] = {}
    for entry in entries:
        body = entry.decode()
        if isinstance(body, JoinedBody):
            people[body.user] = Person(user=body.user, name=body.name)
        elif isinstance(body, LeftBody):
            people.pop(body.user, None)
    return people


def _latest(people_in_log: Iterable[Person], present: Iterable[Person]) -> Iterable[Person]:
    """Return the people of both, the last to speak first; present ones with their current names."""
    here = {person.user for person in present}
    order = {person.user: number for number, person in enumerate(reversed([*people_in_log]))}
    known = [*present, *(person for person in people_in_log if person.user not in here)]
    return sorted(known, key=lambda person: order.get(person.user, len(order)))


def _keep(kept: OrderedDict[str, T], room: str, what: T) -> None:
    kept[room] = what
    kept.move_to_end(room)
    if len(kept) > MAX_ROOMS:
        kept.popitem(last=False)
