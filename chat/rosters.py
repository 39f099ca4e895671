"""Who can be called in a room: who is present there, and who has spoken there lately."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final, NamedTuple, TypeVar

from chat.backplane.base import MAX_PRESENT_LISTED, Backplane
from chat.backplane.presence import presence_interval_s
from chat.clock import Clock
from chat.protocol.pushes import MessageBody, Person
from chat.rooms.mentions import Names

T = TypeVar("T")

# Whom people still talk with: several screens of messages.
SPOKEN_MESSAGES: Final = 200
# Who spoke at this instance is known at once; of others the log is asked so often, at the most.
SPOKEN_S: Final = 10.0
# What is remembered of rooms in which somebody was called lately: some 20 MB.
MAX_ROOMS: Final = 1000


class _Spoken(NamedTuple):
    until_s: float
    people: dict[str, Person]  # by user, the one who spoke last at the end


class _Looked(NamedTuple):
    until_s: float
    names: Names


class Rosters:
    """The names of those who can be called, by room."""

    def __init__(self, backplane: Backplane, clock: Clock) -> None:
        self._backplane = backplane
        self._clock = clock
        self._spoken: OrderedDict[str, _Spoken] = OrderedDict()
        self._looked: OrderedDict[str, _Looked] = OrderedDict()

    def spoke(self, person: Person, room: str) -> None:
        """``person`` has said something in ``room``."""
        if (spoken := self._spoken.get(room)) is not None:
            spoken.people.pop(person.user, None)
            spoken.people[person.user] = person

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
        spoken = await self._who_spoke(room)
        names = Names(_latest(spoken.values(), present))
        if len(present) > MAX_PRESENT_LISTED:
            _keep(self._looked, room, _Looked(now + presence_interval_s(len(present)), names))
        return names

    async def _who_spoke(self, room: str) -> dict[str, Person]:
        now = self._clock.monotonic()
        spoken = self._spoken.get(room)
        if spoken is None or now >= spoken.until_s:
            page = await self._backplane.history(
                room, before=None, after=None, limit=SPOKEN_MESSAGES
            )
            people: dict[str, Person] = {}
            for entry in page.entries:
                body = entry.decode()
                if isinstance(body, MessageBody):
                    people.pop(body.user, None)
                    people[body.user] = Person(user=body.user, name=body.name)
            spoken = _Spoken(now + SPOKEN_S, people)
            _keep(self._spoken, room, spoken)
        return spoken.people


def _latest(spoken: Iterable[Person], present: Iterable[Person]) -> Iterable[Person]:
    """Return whom to call, who spoke last first; who is present is called as they are now."""
    here = {person.user for person in present}
    order = {person.user: number for number, person in enumerate(reversed([*spoken]))}
    known = [*present, *(person for person in spoken if person.user not in here)]
    return sorted(known, key=lambda person: order.get(person.user, len(order)))


def _keep(kept: OrderedDict[str, T], room: str, what: T) -> None:
    kept[room] = what
    kept.move_to_end(room)
    if len(kept) > MAX_ROOMS:
        kept.popitem(last=False)
