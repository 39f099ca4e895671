"""Reads records and remembers them for a moment: settings of rooms, accounts, roles."""

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, NamedTuple

from chat.backplane.records import SITE, Appended, Draft
from chat.backplane.site_log import SiteLog
from chat.clock import Clock
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry

# A change takes effect on all instances within 1 s, also where its entry is not heard of.
FRESH_S: Final = 0.5
# Records of some 300 bytes: 3 MB.
MAX_CACHED: Final = 10_000
# The kinds of entries that change no records, or only those that are always read afresh.
_PLAIN: Final = frozenset({"message", "edited", "deleted", "reaction"})


class _Cached(NamedTuple):
    until_s: float
    value: bytes | None


class Directory:
    """Records as this instance knows them: at most FRESH_S old, never older than its own changes.

    ``commit`` changes them, and raises Conflict where they were decided on by old ones.
    """

    def __init__(self, backplane: SiteLog, clock: Clock, *, hears_all: bool = False) -> None:
        """``hears_all``: no entry of a room is stored without a call of ``note``."""
        self._backplane = backplane
        self._clock = clock
        self._hears_all = hears_all
        self._site_top: Position | None = None
        self._site_until_s = 0.0
        self._rooms: OrderedDict[str, dict[str, _Cached]] = OrderedDict()
        self._count = 0

    async def get(self, room: str, key: str) -> bytes | None:
        """Return the record ``key`` of ``room``, or None. Raises Unavailable."""
        (value,) = await self.several(room, key)
        return value

    async def several(self, room: str, *keys: str) -> Sequence[bytes | None]:
        """Return the records ``keys`` of ``room``, by at most one query. Raises Unavailable."""
        now = self._clock.monotonic()
        if room == SITE and now >= self._site_until_s:
            await self._look_at_site()
        known = self._rooms.setdefault(room, {})
        values = {
            key: cached.value
            for key in keys
            if (cached := known.get(key)) is not None and now < cached.until_s
        }
        if len(values) == len(keys):  # as nearly always
            return [*values.values()]
        missing = [key for key in keys if key not in values]
        until_s = math.inf if await self._lasts(room) else now + FRESH_S
        found = await self._backplane.records(room, missing)
        values |= {key: found.get(key) for key in missing}
        if self._rooms.get(room) is known:  # else it was forgotten meanwhile: this may be old
            self._count += len(missing) - len(known.keys() & missing)
            known |= {key: _Cached(until_s, values[key]) for key in missing}
            self._rooms.move_to_end(room)
            # Accounts are all in one room, which may have to go as a whole. Rooms without records
            # here are those that could not be read.
            while self._count > MAX_CACHED or len(self._rooms) > MAX_CACHED:
                self.forget(next(iter(self._rooms)))
        return [values[key] for key in keys]

    async def fresh(self, room: str, *keys: str) -> dict[str, bytes]:
        """Return the records as stored now, to decide on a change of them. Raises Unavailable."""
        return await self._backplane.records(room, keys)

    async def commit(self, draft: Draft) -> Appended:
        """Append ``draft`` with its changes. Raises Conflict and the errors of ``append``."""
        try:
            return await self._backplane.append(draft)
        finally:
            self.forget(draft.room)

    def note(self, entries: Sequence[Entry]) -> None:
        """Forget what ``entries``, which were just stored, may have changed."""
        for entry in entries:
            if entry.kind not in _PLAIN and entry.room in self._rooms:
                self.forget(entry.room)

    async def _look_at_site(self) -> None:
        """Forget the records of SITE if there is a new entry: none changes without one."""
        top = (await self._backplane.positions([SITE])).get(SITE)
        if top != self._site_top:
            self.forget(SITE)
        self._site_top, self._site_until_s = top, self._clock.monotonic() + FRESH_S

    async def _lasts(self, room: str) -> bool:
        """Return whether records of ``room`` are valid until they are forgotten."""
        if room == SITE:
            return True
        # One that is not there yet may be made by another process, with its records.
        return self._hears_all and room in await self._backplane.positions([room])

    def forget(self, room: str) -> None:
        self._count -= len(self._rooms.pop(room, ()))
