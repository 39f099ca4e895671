"""How far the devices of people have read that keep no cursor of their own."""

from collections.abc import Mapping
from typing import NamedTuple

from chat.accounts.blocklist import is_device_id
from chat.backplane.base import Backplane
from chat.backplane.values import Setting


class Place(NamedTuple):
    """A device of a user. There are as many of one user as devices can be."""

    user: str
    device: str


class Bookmarks:
    """The cursor of each device that has one here. Methods raise Unavailable."""

    def __init__(self, backplane: Backplane) -> None:
        self._backplane = backplane

    async def of(self, place: Place) -> str:
        """Return the cursor of a device; "" if there is none."""
        group = _group(place.user)
        found = await self._backplane.values.of(place.device, [group])
        return found.get(group, b"").decode()

    async def put(self, cursors: Mapping[Place, str]) -> None:
        await self._backplane.values.put(
            Setting(_group(place.user), place.device, cursor.encode())
            for place, cursor in cursors.items()
        )

    async def end(self, who: str) -> None:
        """Forget those of ``who``, a user or a device as blocks name them."""
        if is_device_id(who):
            user, _, device = who.partition("/")
            await self._backplane.values.put([Setting(_group(user), device, None)])
        else:
            await self._backplane.values.clear(_group(who))


def _group(user: str) -> str:
    return f"bookmarks/{user}"
