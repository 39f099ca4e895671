"""The members of rooms, for lists of names.

Thousands may come into a room at once, as after a restart. The list of a large open room is kept
for a while, and goes on from where it is in the log: so whoever comes in finds everybody there
whose coming they are not told of.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec import UNSET

from chat.backplane.base import Backplane
from chat.errors import ResyncNeeded
from chat.protocol.cursor import Position
from chat.protocol.entries import Body, JoinedBody, LeftBody, RoomChangedBody
from chat.rooms import LOBBY
from chat.rooms.access import MemberState, is_closed
from chat.rooms.roles import RoomRole
from chat.service.reading import Member, Reading

# The most names in the list of a channel; in a larger room, the others are just not listed.
MAX_NAMES: Final = 1000
# The members of smaller rooms are read each time.
LARGE: Final = 50
KEPT_S: Final = 10.0
LOBBY_S: Final = 1.0  # who is there is in no log
MOST_KEPT: Final = 100
_PAGE: Final = 200
MOST_FORMS: Final = 8  # of the lines of one list: lengths of nicks, some 30 KB each


@dataclass
class MemberList:
    """The members of a room, by user, at a position of its log; None: they were not read yet."""

    members: dict[str, Member] = field(default_factory=dict)
    position: Position | None = None
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    _made: dict[Hashable, Sequence[str]] = field(default_factory=dict)
    _made_at: object = None

    def lines(
        self, form: Hashable, changes: int, make: Callable[[Iterable[Member]], Iterable[str]]
    ) -> Sequence[str]:
        """Return what ``make`` makes of the members; once in each form, while nothing changes."""
        now = self.position, changes
        if self._made_at != now or len(self._made) > MOST_FORMS:
            self._made.clear()
            self._made_at = now
        if form not in self._made:
            self._made[form] = list(make(self.members.values()))
        return self._made[form]


class MemberLists:
    """Reads the members of rooms, and keeps those of large rooms."""

    def __init__(self, reading: Reading, backplane: Backplane) -> None:
        self._reading = reading
        self._backplane = backplane
        self._kept: dict[str, MemberList] = {}

    async def of(self, user: str, room: str) -> MemberList:
        """Return the members of ``room``, up to MAX_NAMES. Raises ChatError."""
        await self._reading.details(user, room)  # whether they may
        kept = MemberList()
        if not is_closed(room) and (room in self._kept or len(self._kept) < MOST_KEPT):
            kept = self._kept.setdefault(room, kept)
        async with kept.reading:  # those who ask meanwhile wait for the same
            if kept.position is None:
                try:
                    await self._read(kept, user, room)
                finally:
                    self._keep(room, kept)
            elif room != LOBBY:
                await self._go_on(kept, user, room)
        return kept

    def _keep(self, room: str, kept: MemberList) -> None:
        """Keep what was read for a while, if it is large."""
        if len(kept.members) < LARGE:
            self._kept.pop(room, None)
        else:
            kept_s = LOBBY_S if room == LOBBY else KEPT_S
            asyncio.get_running_loop().call_later(kept_s, self._kept.pop, room, None)

    async def _read(self, kept: MemberList, user: str, room: str) -> None:
        position = (await self._reading.details(user, room)).position
        members: dict[str, Member] = {}
        after, has_more = "", True
        limit = MAX_NAMES if room == LOBBY else _PAGE  # each page of the lobby looks at all of it
        while has_more and len(members) < MAX_NAMES:
            page, has_more = await self._reading.members(user, room, after=after, limit=limit)
            members |= {member.user: member for member in page}
            after = page[-1].user if page else ""
        kept.members, kept.position = members, position

    async def _go_on(self, kept: MemberList, user: str, room: str) -> None:
        """Bring a list up to date with the log."""
        has_more = True
        while has_more:
            assert kept.position is not None
            try:
                page = await self._backplane.read(room, kept.position, limit=_PAGE)
            except ResyncNeeded:
                await self._read(kept, user, room)
                return
            has_more = page.more
            for entry in page.entries:
                kept.position = entry.position
                if entry.kind in _KINDS:
                    _apply(kept.members, entry.decode())


def _apply(members: dict[str, Member], body: Body | None) -> None:
    match body:
        case JoinedBody(user=user, name=name):
            if len(members) < MAX_NAMES:
                members[user] = Member(user, name, MemberState())
        case LeftBody(user=user):
            members.pop(user, None)
        case RoomChangedBody(members=changes) if changes is not UNSET:
            for change in changes:
                if (member := members.get(change.user)) is not None:
                    role = member.state.role if change.role is UNSET else RoomRole(change.role)
                    state = MemberState(role=role)
                    members[change.user] = Member(change.user, change.name, state)


_KINDS: Final = frozenset({JoinedBody.kind, LeftBody.kind, RoomChangedBody.kind})
