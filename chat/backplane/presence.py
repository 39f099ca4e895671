"""Builds Presence pushes, for every backplane. Pure."""

from collections.abc import Iterable

from msgspec.structs import replace

from chat.backplane.limits import (
    MAX_PRESENCE_INTERVAL_S,
    MAX_PRESENT_LISTED,
    PRESENCE_EACH_S,
    PRESENCE_INTERVAL_S,
)
from chat.protocol.pushes import Person, Presence, PresentPerson, skeleton_of


def describe(room: str, people: Iterable[Person]) -> Presence:
    """Return the presence: each user once, by name; above MAX_PRESENT_LISTED only the count."""
    users = by_user(people)
    if len(users) > MAX_PRESENT_LISTED:
        return Presence(room=room, count=len(users))
    listed = sorted(users.values(), key=lambda person: (person.name.casefold(), person.user))
    shown = [
        PresentPerson(user=p.user, name=p.name, skeleton=skeleton_of(p.name), away=p.away)
        for p in listed
    ]
    return Presence(room=room, count=len(users), users=shown)


def by_user(people: Iterable[Person]) -> dict[str, Person]:
    """Return each user once; they are away if they are in all of their sessions."""
    users: dict[str, Person] = {}
    for person in people:
        known = users.get(person.user)
        is_here = known is not None and not known.away
        users[person.user] = replace(person, away="") if is_here and person.away else person
    return users


def presence_interval_s(count: int) -> float:
    """Return the time between two presence pushes of a room with ``count`` users."""
    return min(max(PRESENCE_INTERVAL_S, PRESENCE_EACH_S * count), MAX_PRESENCE_INTERVAL_S)
