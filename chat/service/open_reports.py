"""The reports of a room's messages that nobody has dealt with yet, for those who keep order there.

They are records of the site's log, and not of the room's: an entry there would tell everybody.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from chat.backplane.base import Backplane
from chat.backplane.directory import Directory
from chat.backplane.records import SITE, Change
from chat.errors import Refused
from chat.protocol.codes import Code
from chat.protocol.commands import Report
from chat.protocol.entries import MessageBody
from chat.protocol.pushes import Person
from chat.rooms.access import Access, access_of, is_closed
from chat.rooms.permissions import Action
from chat.service.acts import Acts
from chat.service.standings import Standings

# As many as somebody reads. Further ones are in the audit log alone, until some are dealt with.
MAX_OPEN: Final = 100


class Reported(msgspec.Struct):
    """A report as it is stored: who reported whose message, when and why. ``time`` is RFC 3339."""

    user: str
    name: str
    whom: str
    time: str
    reason: str


class OpenReport(NamedTuple):
    """A report of the message at ``offset``; ``whom`` is its author as they were called then."""

    offset: int
    report: Reported
    whom: Person


_decoder: Final = msgspec.json.Decoder(Reported)


def _prefix(room: str) -> str:
    return f"report/{room}/"


class OpenReports:
    """Stores, lists and closes reports. The first one of a message stands for all of it."""

    def __init__(
        self, backplane: Backplane, *, acts: Acts, directory: Directory, standings: Standings
    ) -> None:
        self._backplane = backplane
        self._acts = acts
        self._directory = directory
        self._standings = standings

    async def opening(self, person: Person, command: Report, whom: str) -> Sequence[Change]:
        """Return the change by which a report is open; none in a direct room, which nobody keeps.

        None, too, if the message is reported already, or the room has as many as are kept.
        """
        room, key = command.room, f"{_prefix(command.room)}{command.offset}"
        if access_of(room) is Access.DIRECT:
            return ()
        found = await self._backplane.scan(SITE, _prefix(room), limit=MAX_OPEN)
        if len(found) >= MAX_OPEN or any(known == key for known, _ in found):
            return ()
        by = self._acts.by(person)
        report = Reported(person.user, person.name, whom, by["time"], command.reason)
        return [Change(key, None, msgspec.json.encode(report))]

    async def all(self, person: Person, room: str) -> Sequence[OpenReport]:
        """Return the open reports of ``room``, by offset. Raises Refused to all but its keepers.

        Those whose message is gone are closed. Of a room for members alone, a keeper sees those of
        messages that they may read.
        """
        await self._check(person, room)
        stored = await self._backplane.scan(SITE, _prefix(room), limit=MAX_OPEN)
        offsets = [int(key.removeprefix(_prefix(room))) for key, _ in stored]
        entries = await asyncio.gather(*(self._backplane.entry(room, n) for n in offsets))
        since = await self._backplane.member_since(person.user, room) or 0
        found, over = [], []
        for (key, value), offset, entry in zip(stored, offsets, entries, strict=True):
            body = None if entry is None else entry.decode()
            if isinstance(body, MessageBody) and not body.deleted:
                whom = Person(user=body.user, name=body.name)
                found.append(OpenReport(offset, _decoder.decode(value), whom))
            else:
                over.append(Change(key, value, None))
        if over:
            await self._acts.audit(person, "reports_over", *over, room=room)
        visible = [each for each in found if not is_closed(room) or each.offset >= since]
        return sorted(visible, key=lambda each: each.offset)

    async def close(self, person: Person, room: str, offset: int) -> None:
        """Close the report of a message, which stays. Raises Refused."""
        await self._check(person, room)
        key = f"{_prefix(room)}{offset}"
        value = (await self._directory.fresh(SITE, key)).get(key)
        if value is None:
            raise Refused(Code.FORBIDDEN, "There is no open report of this message.")
        whom = _decoder.decode(value).whom
        change = Change(key, value, None)
        await self._acts.record(person, "close_report", change, whom=whom, room=room)

    async def closing_all(self, room: str) -> Sequence[Change]:
        """Return the changes by which ``room``, which is removed, has no reports."""
        found = await self._backplane.scan(SITE, _prefix(room), limit=MAX_OPEN)
        return [Change(key, value, None) for key, value in found]

    async def _check(self, person: Person, room: str) -> None:
        standing = await self._standings.of(person.user, room)
        self._standings.check_standing(standing, Action.DELETE)
