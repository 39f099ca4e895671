"""The titles of public rooms in one place, for the directory, which searches and sorts by them."""

from typing import Final

from chat.backplane.base import Backplane
from chat.backplane.directory import FRESH_S
from chat.backplane.records import SITE, Change
from chat.clock import Clock
from chat.rooms.access import Access, access_of

TITLE: Final = "title/"  # the site's records with a title for each name
_PAGE: Final = 1000


class Titles:
    """Reads titles, which are at most FRESH_S old, and says how to change them."""

    def __init__(self, backplane: Backplane, clock: Clock) -> None:
        self._backplane = backplane
        self._clock = clock
        self._until_s = 0.0
        self._titles: dict[str, str] = {}

    async def all(self) -> dict[str, str]:
        """Return the titles of public rooms by name, without those that have none."""
        now = self._clock.monotonic()
        if now >= self._until_s:
            titles: dict[str, str] = {}
            after = ""
            while True:
                page = await self._backplane.scan(SITE, TITLE, after=after, limit=_PAGE)
                titles |= {key.removeprefix(TITLE): title.decode() for key, title in page}
                if len(page) < _PAGE:
                    break
                after = page[-1][0]
            self._titles, self._until_s = titles, now + FRESH_S
        return self._titles

    async def changes(self, room: str, title: str | None) -> list[Change]:
        """Return the change, if any, by which ``room`` has ``title`` here; None: the room is gone.

        The room's own record holds; a title that is lost here is only not found or sorted by.
        """
        if access_of(room) is not Access.PUBLIC:
            return []
        self._until_s = 0.0
        key = f"{TITLE}{room}"
        old = (await self._backplane.records(SITE, [key])).get(key)
        new = title.encode() if title else None
        return [] if old == new else [Change(key, old, new)]
