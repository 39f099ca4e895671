"""What people want to be notified of in each room: the same on all of their devices."""

from collections.abc import Collection, Mapping

from chat.backplane.base import Backplane
from chat.backplane.values import Setting
from chat.rooms.access import Access, access_of
from chat.rooms.notifying import Level, default_level


class Levels:
    """The levels that are not the default, by room. Methods raise Unavailable.

    By room, not by person: whoever wants all of a room must be found with each message in it.
    """

    def __init__(self, backplane: Backplane) -> None:
        self._backplane = backplane

    async def in_rooms(self, rooms: Collection[str]) -> Mapping[str, Mapping[str, Level]]:
        """Return what people chose for ``rooms``, by room and user; nothing of the other rooms."""
        by_group = {_group(room): room for room in rooms}
        found = await self._backplane.values.each(by_group.keys())
        return {
            by_group[group]: {user: Level(value.decode()) for user, value in chosen.items()}
            for group, chosen in found.items()
        }

    async def of(self, user: str, room: str) -> Level:
        return (await self.chosen(user, [room])).get(room, _default(room))

    async def chosen(self, user: str, rooms: Collection[str]) -> Mapping[str, Level]:
        """Return those of ``rooms`` for which ``user`` chose another level than the default."""
        by_group = {_group(room): room for room in rooms}
        found = await self._backplane.values.of(user, by_group.keys())
        return {by_group[group]: Level(value.decode()) for group, value in found.items()}

    async def put(self, user: str, room: str, level: Level) -> None:
        value = None if level is _default(room) else level.value.encode()
        await self._backplane.values.put([Setting(_group(room), user, value)])

    async def forget(self, user: str, room: str) -> None:
        """Forget what somebody chose who is no member any more."""
        await self._backplane.values.put([Setting(_group(room), user, None)])

    async def clear(self, room: str) -> None:
        """Forget all that was chosen for ``room``, which is gone."""
        await self._backplane.values.clear(_group(room))


def _default(room: str) -> Level:
    return default_level(is_direct=access_of(room) is Access.DIRECT)


def _group(room: str) -> str:
    return f"levels/{room}"
