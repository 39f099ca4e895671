"""Everything that people read by asking: rooms, their messages, their members; with permissions.

A room that only its members may know of is read first, and the membership is checked after that:
the store's answer is at least as new as what was read, so nobody reads what was said after they
were removed, and nobody what was said before they came.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from chat.backplane.base import Backplane
from chat.backplane.limits import HISTORY_BYTES
from chat.backplane.records import SITE, History, Membership, RoomInfo
from chat.backplane.refusals import refused
from chat.errors import Refused
from chat.protocol.codes import Code
from chat.protocol.commands import MAX_DIRECT_OTHERS
from chat.protocol.cursor import MAX_OFFSET, Position
from chat.protocol.entries import Entry
from chat.protocol.pushes import Person
from chat.rooms import LOBBY
from chat.rooms.access import MEMBER, Access, MemberState, RoomSettings, access_of, is_closed
from chat.rooms.grants import Scope
from chat.rooms.order import NaturalKey, natural_key
from chat.rooms.permissions import Action, Standing
from chat.rooms.roles import ServerRole
from chat.service.members import Members
from chat.service.standings import People, Standings, decode_state
from chat.service.titles import Titles

# The names of logs that are no rooms begin so.
_NO_ROOM: Final = "!"


class Listed(NamedTuple):
    """A room in the directory; what comes last only on request. ``last_said`` is RFC 3339.

    ``members``: None for the lobby, where everybody is.
    """

    info: RoomInfo
    settings: RoomSettings
    membership: Membership | None
    members: int | None = None
    present: int | None = None
    last_said: str | None = None


class Details(NamedTuple):
    """A room as one person sees it, and what they may do in it."""

    standing: Standing
    position: Position
    may: Sequence[Action]


class Heading(NamedTuple):
    """The title of a room, "" if its name is shown; of a direct room, who is in it."""

    title: str
    people: Sequence[Person]


class Member(NamedTuple):
    """A member of a room, or somebody who is banned from it."""

    user: str
    name: str
    state: MemberState


class Reading:
    """Reads rooms for people; raises Refused ``no_such_room`` where they may not."""

    def __init__(
        self,
        backplane: Backplane,
        *,
        members: Members,
        people: People,
        standings: Standings,
        titles: Titles,
    ) -> None:
        self._backplane = backplane
        self._members = members
        self._people = people
        self._standings = standings
        self._titles = titles

    # Messages

    async def history(
        self,
        user: str,
        room: str,
        *,
        before: int | None,
        after: int | None,
        limit: int,
        limit_bytes: int = HISTORY_BYTES,
    ) -> History:
        """Return a page of messages, as the store's ``history`` does."""
        self._standings.bots.check(user, Scope.READ, room)
        if not is_closed(room):
            return await self._backplane.history(
                room, before=before, after=after, limit=limit, limit_bytes=limit_bytes
            )
        since = await self._since(user, room)
        if before is None and after is None:
            before = MAX_OFFSET  # with two bounds it is the newest that are wanted
        page = await self._backplane.history(
            room,
            before=before,
            after=max(after or 0, since - 1),
            limit=limit,
            limit_bytes=limit_bytes,
        )
        if await self._since(user, room) != since:  # they were away meanwhile
            return History((), {}, False)
        return page

    async def exists(self, user: str, room: str) -> bool:
        """Return whether there is such a room, as far as ``user`` may know."""
        if not self._standings.bots.may_read(user, room):
            return False
        if is_closed(room):
            return await self._backplane.member_since(user, room) is not None
        return bool(await self._backplane.positions([room]))

    async def _since(self, user: str, room: str) -> int:
        since = await self._backplane.member_since(user, room)
        if since is None:
            raise refused(Code.NO_SUCH_ROOM, room)
        return since

    # Rooms

    async def rooms(
        self, user: str, *, query: str = "", after: str = "", limit: int, has_details: bool
    ) -> tuple[Sequence[Listed], bool]:
        """Return a page of the rooms that ``user`` may find, and whether there are more.

        They are in natural order of their titles or names; ``after`` is the name of the last room
        of the page before. ``query`` is part of the title or name, in any case.
        """
        joined = {m.room: m for m in await self._backplane.memberships(user)}
        titles = dict(await self._titles.all())
        own = [room for room in joined if room not in titles]
        for room, settings in zip(own, await self._settings(own), strict=True):
            titles[room] = settings.title

        def key(room: str) -> tuple[NaturalKey, str]:
            return natural_key(titles.get(room) or room), room

        role, findable = await self._people.role_of(user), dict[Access, bool]()
        wanted = "".join(part for _, _, part in natural_key(query))
        found = []
        for info in await self._backplane.rooms():
            room = info.room
            if room.startswith(_NO_ROOM) or not self._standings.bots.may_read(user, room):
                continue
            if room not in joined and not self._may_find(room, role, findable):
                continue
            if wanted and wanted not in room and wanted not in _folded(titles.get(room, "")):
                continue
            if not after or key(room) > key(after):
                found.append(info)
        found.sort(key=lambda info: key(info.room))
        page = found[:limit]
        settings_of = await self._settings([info.room for info in page])
        listed = [
            Listed(info, settings, joined.get(info.room))
            for info, settings in zip(page, settings_of, strict=True)
            if not settings.is_removed
        ]
        if has_details:
            counts = await self._backplane.member_counts([each.info.room for each in listed])
            listed = [each._replace(members=counts[each.info.room] or None) for each in listed]
            listed = list(await asyncio.gather(*map(self._with_details, listed)))
        return listed, len(found) > limit

    def _may_find(self, room: str, role: ServerRole, known: dict[Access, bool]) -> bool:
        """Return whether somebody with ``role`` finds ``room`` without being in it.

        ``known`` is what the table has said; for a stranger it depends on the access alone.
        """
        access = access_of(room)
        if access not in known:
            guests = self._standings.guests
            stranger = Standing(room=room, is_member=False, server_role=role, guests=guests)
            known[access] = self._standings.may(stranger, Action.FIND)
        return known[access]

    async def details(self, user: str, room: str) -> Details:
        """Return ``room`` as ``user`` sees it. Raises Refused ``no_such_room``."""
        standing = await self._standings.of(user, room)
        self._standings.check_standing(standing, Action.READ)
        position = (await self._backplane.positions([room])).get(room)
        if position is None:
            raise refused(Code.NO_SUCH_ROOM, room)
        may = [action for action in Action if self._standings.may(standing, action)]
        return Details(standing, position, may)

    async def _settings(self, rooms: Sequence[str]) -> Sequence[RoomSettings]:
        return await asyncio.gather(*map(self._standings.settings, rooms))

    async def _with_details(self, listed: Listed) -> Listed:
        room = listed.info.room
        presence = await self._backplane.presence(room)
        last_said: str | None = None
        try:
            page = await self._backplane.history(room, before=None, after=None, limit=1)
        except Refused:  # it has gone meanwhile
            return listed
        for entry in page.entries:
            if (body := entry.decode()) is not None:
                last_said = body.time
        return listed._replace(present=presence.count, last_said=last_said)

    async def headings(self, rooms: Sequence[str]) -> Sequence[Heading]:
        """Return what each of ``rooms`` is called, for somebody who is in all of them."""
        settings = await self._settings(rooms)
        people = await asyncio.gather(*map(self._talkers, rooms))
        return [Heading(each.title, those) for each, those in zip(settings, people, strict=True)]

    async def _talkers(self, room: str) -> Sequence[Person]:
        if access_of(room) is not Access.DIRECT:
            return ()
        users = await self._backplane.members(room, limit=MAX_DIRECT_OTHERS + 1)
        names = await self._members.names_of(users, room)
        return [Person(user=user, name=names[user]) for user in users]

    # People

    async def members(
        self, user: str, room: str, *, after: str = "", limit: int
    ) -> tuple[Sequence[Member], bool]:
        """Return a page of the members of ``room`` by id, and whether there are more.

        Of the lobby, where everybody is, they are those who are present.
        """
        await self.details(user, room)
        if room == LOBBY:
            present = {person.user for person in await self._backplane.people(room)}
            users = sorted(user for user in present if user > after)[: limit + 1]
        else:
            users = list(await self._backplane.members(room, after=after, limit=limit + 1))
        page = users[:limit]
        records = await self._backplane.records(room, [f"{MEMBER}{user}" for user in page])
        names = await self._members.names_of(page, room)
        if is_closed(room):
            await self._since(user, room)
        found = [
            Member(user, names[user], decode_state(records.get(f"{MEMBER}{user}"))) for user in page
        ]
        return found, len(users) > limit

    async def set_apart(
        self, user: str, room: str, *, after: str = "", limit: int
    ) -> tuple[Sequence[Member], bool]:
        """Return a page of the people of whom something is set: roles, mutes, bans; by id.

        Raises Refused ``forbidden`` unless ``user`` may ban.
        """
        details = await self.details(user, room)
        self._standings.check_standing(details.standing, Action.BAN)
        found = await self._backplane.scan(
            room, MEMBER, after=f"{MEMBER}{after}" if after else "", limit=limit + 1
        )
        records = {key.removeprefix(MEMBER): record for key, record in found[:limit]}
        names = await self._members.names_of(records, room)
        people = [Member(user, names[user], decode_state(records[user])) for user in records]
        return people, len(found) > limit

    # The audit log

    async def audit(
        self, person: Person, *, before: int | None, limit: int
    ) -> tuple[Sequence[Entry], bool]:
        """Return a page of the audit log, the newest first, and whether there are older ones.

        Raises Refused ``forbidden`` to all but owners of this server.
        """
        if await self._people.role_of(person.user) is not ServerRole.OWNER:
            raise Refused(Code.FORBIDDEN, "Only owners of this server read its audit log.")
        top = (await self._backplane.positions([SITE])).get(SITE)
        last = 0 if top is None else min(top.offset, (before or MAX_OFFSET) - 1)
        # One by one: old entries may have been trimmed, with others between them that were not.
        first = max(1, last - limit + 1)
        offsets = range(last, first - 1, -1)
        found = await asyncio.gather(*(self._backplane.entry(SITE, n) for n in offsets))
        entries = [entry for entry in found if entry is not None]
        return entries, first > 1


def _folded(title: str) -> str:
    return "".join(part for _, _, part in natural_key(title))
