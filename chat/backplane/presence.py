"""Builds Presence pushes, for every backplane. Pure."""

from collections.abc import Iterable

from chat.backplane.limits import (
    MAX_PRESENCE_INTERVAL_S,
    MAX_PRESENT_LISTED,
    PRESENCE_EACH_S,
    PRESENCE_INTERVAL_S,
)
from chat.protocol.pushes import Person, Presence, PresentPerson, skeleton_of


def describe(room: str, people: Iterable[Person]) -> Presence:
    """Return the presence: each user once, by name; above MAX_PRESENT_LISTED only the count."""
    users = {person.user: person for person in people}
    if len(users) > MAX_PRESENT_LISTED:
        return Presence(room=room, count=len(users))
    listed = sorted(users.values(), key=lambda person: (person.name.casefold(), person.user))
    shown = [PresentPerson(user=p.user, name=p.name, skeleton=skeleton_of(p.name)) for p in listed]
    return Presence(room=room, count=len(users), users=shown)


def presence_interval_s(count: int) -> float:
    """Return the time between two presence pushes of a room with ``count`` users."""
    return min(max(PRESENCE_INTERVAL_S, PRESENCE_EACH_S * count), MAX_PRESENCE_INTERVAL_S)
