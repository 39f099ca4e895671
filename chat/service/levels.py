"""What people want to be notified of in their rooms."""

from collections.abc import Mapping

from chat.accounts.rate_limits import Limits
from chat.backplane.base import Backplane
from chat.backplane.levels import Levels
from chat.backplane.refusals import refused
from chat.protocol.codes import Code
from chat.rooms.notifying import Level
from chat.service.reading import Reading


class NotificationLevels:
    """Reads and sets levels for people; raises Refused where they are no members."""

    def __init__(self, backplane: Backplane, *, reading: Reading, limits: Limits) -> None:
        self._backplane = backplane
        self._levels = Levels(backplane)
        self._reading = reading
        self._limits = limits

    async def of(self, user: str, room: str) -> Level:
        """Return the level of ``user`` for ``room``. Raises Refused."""
        await self._check_is_member(user, room)
        return await self._levels.of(user, room)

    async def put(self, user: str, room: str, level: Level, address: str) -> None:
        """Set it, for all devices of ``user``. Raises Refused, and Unavailable."""
        self._limits.command(user, address)
        await self._check_is_member(user, room)
        await self._levels.put(user, room, level)

    async def chosen(self, user: str) -> Mapping[str, Level]:
        """Return the rooms of ``user`` for which they chose another level than the default."""
        rooms = [one.room for one in await self._backplane.memberships(user)]
        return await self._levels.chosen(user, rooms)

    async def _check_is_member(self, user: str, room: str) -> None:
        details = await self._reading.details(user, room)
        if not details.standing.is_member:
            raise refused(Code.NOT_MEMBER, room)
