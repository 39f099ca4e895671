"""Who can be called in a room: who is present there, and who has spoken or come lately."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeVar

from chat.backplane.base import Backplane
from chat.backplane.limits import MAX_PRESENT_LISTED
from chat.backplane.presence import presence_interval_s
from chat.clock import Clock
from chat.errors import ResyncNeeded
from chat.protocol.cursor import Position
from chat.protocol.pushes import Entry, JoinedBody, LeftBody, MessageBody, Person
from chat.rooms.mentions import Names

T = TypeVar("T")

# Whom people still talk with: several screens of messages.
SPOKEN_MESSAGES: Final = 200
# Who joined is looked for among so many entries of the log, whatever they are.
JOINED_ENTRIES: Final = 200
# Who spoke at this instance is known at once; of others the log is asked so often, at the most.
LOG_S: Final = 10.0
# What is remembered of rooms in which somebody was called lately: some 20 MB.
MAX_ROOMS: Final = 1000


class _Logged(NamedTuple):
    until_s: float
    people: dict[str, Person]  # by user, the one who did something last at the end


class _Looked(NamedTuple):
    until_s: float
    names: Names


class Rosters:
    """The names of those who can be called, by room."""

    def __init__(self, backplane: Backplane, clock: Clock) -> None:
        self._backplane = backplane
        self._clock = clock
        self._logged: OrderedDict[str, _Logged] = OrderedDict()
        self._looked: OrderedDict[str, _Looked] = OrderedDict()

    def note(self, person: Person, room: str) -> None:
        """``person`` has said something in ``room``, or joined it."""
        if (logged := self._logged.get(room)) is not None:
            logged.people.pop(person.user, None)
            logged.people[person.user] = person

    async def names(self, room: str) -> Names:
        """Return what those are called who can be called in ``room``.

        Who spoke last comes first among those of one name. Where very many are present, all of
        them are looked at no oftener than readers are told of them. Raises as ``history`` does.
        """
        now = self._clock.monotonic()
        looked = self._looked.get(room)
        if looked is not None and now < looked.until_s:
            return looked.names
        present = await self._backplane.people(room)
        logged = await self._in_log(room)
        names = Names(_latest(logged.values(), present))
        if len(present) > MAX_PRESENT_LISTED:
            _keep(self._looked, room, _Looked(now + presence_interval_s(len(present)), names))
        return names

    async def _in_log(self, room: str) -> dict[str, Person]:
        now = self._clock.monotonic()
        logged = self._logged.get(room)
        if logged is None or now >= logged.until_s:
            page = await self._backplane.history(
                room, before=None, after=None, limit=SPOKEN_MESSAGES
            )
            people = _joined(await self._newest(room))
            for entry in page.entries:
                body = entry.decode()
                if isinstance(body, MessageBody):
                    people.pop(body.user, None)
                    people[body.user] = Person(user=body.user, name=body.name)
            logged = _Logged(now + LOG_S, people)
            _keep(self._logged, room, logged)
        return logged.people

    async def _newest(self, room: str) -> Sequence[Entry]:
        """Return the newest entries of the log; none where they are not whole any more."""
        top = (await self._backplane.positions([room])).get(room)
        if top is None:
            return ()
        since = Position(top.epoch, max(0, top.offset - JOINED_ENTRIES))
        try:
            return (await self._backplane.read(room, since, limit=JOINED_ENTRIES)).entries
        except ResyncNeeded:
            return ()


def _joined(entries: Iterable[Entry]) -> dict[str, Person]:
    """Return who has joined by ``entries``, and not left again."""
    people: dict[str, Person] = {}
    for entry in entries:
        body = entry.decode()
        if isinstance(body, JoinedBody):
            people[body.user] = Person(user=body.user, name=body.name)
        elif isinstance(body, LeftBody):
            people.pop(body.user, None)
    return people


def _latest(logged: Iterable[Person], present: Iterable[Person]) -> Iterable[Person]:
    """Return whom to call, who spoke last first; who is present is called as they are now."""
    here = {person.user for person in present}
    order = {person.user: number for number, person in enumerate(reversed([*logged]))}
    known = [*present, *(person for person in logged if person.user not in here)]
    return sorted(known, key=lambda person: order.get(person.user, len(order)))


def _keep(kept: OrderedDict[str, T], room: str, what: T) -> None:
    kept[room] = what
    kept.move_to_end(room)
    if len(kept) > MAX_ROOMS:
        kept.popitem(last=False)
