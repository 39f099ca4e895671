"""Looks through a whole export, and says what becomes of it, before anything is stored."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from chat.accounts import records
from chat.accounts.records import Account
from chat.admin.importing.naming import name_of, room_of, user_of
from chat.admin.importing.source import Kind, Names, Source, SourcePerson, SourceRoom
from chat.backplane.records import SITE
from chat.backplane.site_log import SiteAdmin
from chat.errors import InvalidInput
from chat.protocol.cursor import parse_room
from chat.rooms.access import PREFIXES, Access, new_name
from chat.rooms.names import check_name
from chat.service.making import direct_key

# The record of a room that says which room of which export it was made of.
MARK: Final = "imported"
# The site's records with the names of rooms that are not public: nobody can guess those, so an
# import that is repeated has to find them.
ROOM_NAME: Final = "imported/"
_BATCH: Final = 500


class PlannedPerson(NamedTuple):
    user: str
    name: str
    is_new: bool  # an account is to be made


class PlannedRoom(NamedTuple):
    source: SourceRoom
    room: str
    is_there: bool  # it was imported before, and stays as it is
    messages: int


@dataclass
class Plan:
    """What is to be stored. If there are ``problems``, nothing may be."""

    people: dict[str, PlannedPerson] = field(default_factory=dict)
    rooms: list[PlannedRoom] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def names(self) -> Names:
        return Names(
            {id: person.name for id, person in self.people.items()},
            {one.source.id: one.room for one in self.rooms},
        )


async def make_plan(source: Source, store: SiteAdmin, renames: Mapping[str, str]) -> Plan:
    """Return the plan for ``source``. ``renames`` are names in it, or ids, with those to be here.

    The name of a room begins with # there. Raises BadExport.
    """
    planning = _Planning(source, store, renames)
    return await planning.run()


def mark_of(source: Source, room: SourceRoom) -> bytes:
    """Return the value of the record MARK of the room that is made of ``room``."""
    return msgspec.json.encode(f"{source.name}/{room.id}")


def name_key(source: Source, room: SourceRoom) -> str:
    """Return the key of the site's record with the name of a room that is not public."""
    return f"{ROOM_NAME}{source.name}/{room.id}"


class _Planning:
    def __init__(self, source: Source, store: SiteAdmin, renames: Mapping[str, str]) -> None:
        self._source = source
        self._store = store
        self._renames = renames
        self._used_renames: set[str] = set()
        self._plan = Plan()
        self._counts: dict[str, int] = {}
        self._looked_up: dict[str, bool] = {}  # whether there are these records of names

    async def run(self) -> Plan:
        await self._plan_people(self._look_through())
        await self._plan_rooms()
        shown = {f"#{room.title}" for room in self._source.rooms}
        for unused in self._renames.keys() - self._used_renames - shown:
            self._plan.problems.append(f"--rename {unused}: nobody and no room has this name.")
        return self._plan

    def _look_through(self) -> Collection[str]:
        """Read all events; return the ids of the people that they, or members, name."""
        found: dict[str, None] = {}
        for room in self._source.rooms:
            names = Names({id: id for id in self._source.people}, {})
            self._counts[room.id] = 0
            for event in self._source.events(room, names, self._plan.left_out):
                found[event.author] = None
                found |= dict.fromkeys(event.mentions)
                for _, users in event.reactions:
                    found |= dict.fromkeys(users)
                self._counts[room.id] += event.kind is Kind.MESSAGE
            found |= dict.fromkeys(room.members)
        return [id for id in found if id in self._source.people]

    async def _plan_people(self, ids: Collection[str]) -> None:
        people = {id: self._source.people[id] for id in ids}
        users = {id: user_of(self._source.name, person) for id, person in people.items()}
        accounts = await self._found([records.account(user) for user in users.values()])
        firsts = (self._any_name(person) for person in people.values() if person.has_account)
        taken = await self._taken({records.name(name) for name in firsts})
        # Who is renamed first: others with that name get another one.
        for id, person in sorted(people.items(), key=lambda one: self._rename_of(one[1]) is None):
            stored = accounts.get(records.account(users[id]))
            if stored is not None:  # of an import before: they have the name that they have now
                name = records.decode(stored, Account).name
            else:
                name = await self._name(person, taken)
            is_new = person.has_account and stored is None
            self._plan.people[id] = PlannedPerson(users[id], name, is_new)
            if person.has_account:
                taken.add(records.name(name))

    async def _name(self, person: SourcePerson, taken: set[str]) -> str:
        if (given := self._rename_of(person)) is not None:
            try:
                name = check_name(given)
            except InvalidInput as error:
                self._plan.problems.append(f"--rename {person.names[0]}={given}: {error}")
                return given
            key = records.name(name)
            if person.has_account and (key in taken or await self._taken({key})):
                self._plan.problems.append(f"--rename {person.names[0]}={given}: it is taken.")
            return name
        if not person.has_account:
            return self._any_name(person)

        def is_free(name: str) -> bool:
            return records.name(name) not in taken

        while True:
            name = name_of(person, self._source.name, is_free)
            if not (there := await self._taken({records.name(name)})):
                return name
            taken.update(there)

    def _any_name(self, person: SourcePerson) -> str:
        return name_of(person, self._source.name, lambda name: True)

    async def _taken(self, keys: set[str]) -> set[str]:
        """Return those of the records of names ``keys`` that exist; look up each once."""
        unknown = {key for key in keys if key not in self._looked_up}
        found = await self._found(unknown)
        self._looked_up |= {key: key in found for key in unknown}
        return {key for key in keys if self._looked_up[key]}

    def _rename_of(self, person: SourcePerson) -> str | None:
        for name in (person.id, *person.names):
            if name in self._renames:
                self._used_renames.add(name)
                return self._renames[name]
        return None

    async def _plan_rooms(self) -> None:
        existing = {info.room for info in await self._store.rooms()}
        marks = {
            mark: room
            for room in existing
            for mark in (await self._store.records(room, [MARK])).values()
        }
        used: set[str] = set()
        for source in self._source.rooms:
            if source.access is Access.PUBLIC:
                room = marks.get(mark_of(self._source, source))
                is_there = room is not None
                if room is None:
                    room = self._public(source, existing | used)
            else:
                room, is_there = await self._closed(source, existing)
            if room is not None:
                used.add(room)
                count = self._counts[source.id]
                self._plan.rooms.append(PlannedRoom(source, room, is_there, count))

    def _public(self, source: SourceRoom, taken: Collection[str]) -> str | None:
        """Return the name of a public room that is to be made; None if there is a problem."""
        shown = f"#{source.title}"
        given = self._renames.get(shown)
        if given is None:
            room = room_of(
                source.title, source.id, self._source.name, lambda name: name not in taken
            )
            if room is None:
                why = f"{shown}: its name is taken; say --rename '{shown}=NAME'."
                self._plan.problems.append(why)
            return room
        try:
            room = parse_room(given)
        except InvalidInput as error:
            self._plan.problems.append(f"--rename {shown}={given}: {error}")
            return None
        if room in taken or room[:2] in PREFIXES.values():
            self._plan.problems.append(f"--rename {shown}={given}: it is taken.")
            return None
        return room

    async def _closed(self, source: SourceRoom, existing: set[str]) -> tuple[str | None, bool]:
        key = name_key(self._source, source)
        stored = (await self._found([key])).get(key)
        if stored is not None:
            return stored.decode(), stored.decode() in existing
        if source.access is Access.DIRECT:
            users = [self._plan.people[id].user for id in source.members if id in self._plan.people]
            if await self._found([direct_key(users)]):
                self._plan.left_out["direct rooms of people who have one here"] += 1
                return None, False
        return new_name(source.access), False

    async def _found(self, keys: Collection[str]) -> dict[str, bytes]:
        """Return those of the site's records ``keys`` that exist."""
        every: Sequence[str] = list(keys)
        found: dict[str, bytes] = {}
        for start in range(0, len(every), _BATCH):
            found |= await self._store.records(SITE, every[start : start + _BATCH])
        return found
