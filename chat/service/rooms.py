"""Joining and leaving rooms, inviting people, and setting what is set of a room."""

import asyncio
from typing import Any, Final

import msgspec
from msgspec import UNSET

from chat.accounts.rate_limits import Limits
from chat.backplane.base import Backplane
from chat.backplane.directory import FRESH_S, Directory
from chat.backplane.records import Appended, Change, Draft
from chat.backplane.webhooks import ending_webhooks
from chat.errors import Refused
from chat.protocol import commands
from chat.protocol.codes import Code
from chat.protocol.entries import JoinedBody, LeftBody, RoomChangedBody
from chat.protocol.pushes import Person
from chat.rooms.access import MEMBER, SETTINGS, Access, access_of, is_closed
from chat.rooms.grants import Scope
from chat.rooms.permissions import Action, no_such_room, not_member
from chat.rooms.titles import check_title, check_topic
from chat.service.acts import Acts
from chat.service.hook_records import ending_all
from chat.service.members import Members
from chat.service.open_reports import OpenReports
from chat.service.rosters import Rosters
from chat.service.standings import Standings, encode
from chat.service.titles import Titles

# The action that each setting takes.
_ACTIONS: Final = {
    "title": Action.DESCRIBE,
    "topic": Action.DESCRIBE,
    "is_locked": Action.REGULATE,
    "slow_mode_s": Action.REGULATE,
    "is_archived": Action.ARCHIVE,
    "keep_messages": Action.ARCHIVE,
    "keep_days": Action.ARCHIVE,
}


class Rooms:
    """Carries out the commands about rooms that are there."""

    def __init__(
        self,
        backplane: Backplane,
        *,
        acts: Acts,
        open_reports: OpenReports,
        directory: Directory,
        limits: Limits,
        members: Members,
        rosters: Rosters,
        standings: Standings,
        titles: Titles,
    ) -> None:
        self._backplane = backplane
        self._acts = acts
        self._open_reports = open_reports
        self._directory = directory
        self._limits = limits
        self._members = members
        self._rosters = rosters
        self._standings = standings
        self._titles = titles

    async def join(self, person: Person, room: str, address: str) -> Appended:
        """Make ``person`` a member; a public room that is missing is made."""
        access = access_of(room)
        if access is Access.UNLISTED and not await self._backplane.positions([room]):
            raise no_such_room(room)
        await self._standings.check(person, room, Action.JOIN)
        if not is_closed(room) and await self._members.check_count(person.user, room):
            self._limits.join(address)
            if access is Access.PUBLIC and not await self._backplane.positions([room]):
                self._standings.bots.check(person.user, Scope.MANAGE)
                self._limits.new_room(person, address)
        body = JoinedBody(**self._acts.by(person))
        appended = await self._backplane.join(Draft(room=room, user=person.user, body=body))
        self._rosters.note(person, room)
        return appended

    async def leave(self, person: Person, room: str) -> Appended:
        """End a membership, and the role that goes with it."""

        async def decide() -> Draft:
            standing, _, state = await self._standings.fresh(person.user, room)
            body = LeftBody(**self._acts.by(person))
            if not standing.is_member and not standing.is_closed:  # the store says what is wrong
                return Draft(room=room, user=person.user, body=body)
            self._standings.check_standing(standing, Action.LEAVE)
            changes = await self._members.without_role(person.user, standing, state)
            return Draft(room=room, user=person.user, body=body, changes=changes)

        return await self._acts.commit(decide)

    async def invite(self, person: Person, command: commands.Invite, address: str) -> Appended:
        """Make somebody else a member."""
        room, user = command.room, command.user
        await self._standings.check(person, room, Action.INVITE)
        name = await self._members.name_of(user, room)
        other = await self._standings.of(user, room)
        if not other.is_member:
            if not self._standings.may_be_invited(other):
                other, _, _ = await self._standings.fresh(user, room, is_member=False)
            if not self._standings.may_be_invited(other):
                raise Refused(Code.FORBIDDEN, f"{name} is banned from this room; unban them first.")
            if await self._members.check_count(user, room, is_self=False):
                self._limits.join(address)
        # After all this: only a member invites.
        if await self._backplane.member_since(person.user, room) is None:
            raise not_member(room)
        return await self._members.make_member(person, user, name, room)

    async def set(self, person: Person, command: commands.Set) -> Appended | None:
        """Change settings; None if nothing changes."""
        room, given = command.room, _given(command)
        title: str | None = None

        async def decide() -> Draft | None:
            nonlocal title
            standing, settings, state = await self._standings.fresh(person.user, room)
            for action in {_ACTIONS[name] for name in given} or {Action.DESCRIBE}:
                self._standings.check_standing(standing, action)
            before = standing.settings
            changed = {name: new for name, new in given.items() if getattr(before, name) != new}
            if not changed:
                return None
            after = msgspec.structs.replace(before, **changed)
            title = after.title
            own = f"{MEMBER}{person.user}"  # so that somebody whose role has just ended is too late
            changes = [Change(SETTINGS, settings, encode(after)), Change(own, state, state)]
            body = RoomChangedBody(**self._acts.by(person), **changed)
            return Draft(room=room, user=person.user, body=body, changes=changes)

        appended = await self._acts.commit_any(decide)
        if appended is not None:
            changes = await self._titles.changes(room, title)
            await self._acts.audit(person, "set", *changes, room=room)
        return appended

    async def remove(self, person: Person, room: str) -> None:
        """Remove ``room`` with everything in it. Repeatable until it is gone."""

        async def decide() -> Draft:
            standing, settings, state = await self._standings.fresh(person.user, room)
            self._standings.check_standing(standing, Action.REMOVE)
            after = msgspec.structs.replace(standing.settings, is_removed=True)
            own = f"{MEMBER}{person.user}"
            changes = [Change(SETTINGS, settings, encode(after)), Change(own, state, state)]
            body = RoomChangedBody(**self._acts.by(person), is_archived=True)
            return Draft(room=room, user=person.user, body=body, changes=changes)

        await self._acts.commit(decide)
        await asyncio.sleep(FRESH_S)  # then all instances know that nobody may write there
        # Before the room is gone: then whoever is interrupted can still ask again.
        changes = [
            *await self._titles.changes(room, None),
            *await self._open_reports.closing_all(room),
            *await ending_webhooks(self._backplane, room),
            *await ending_all(self._backplane, room),
        ]
        await self._acts.record(person, "remove", *changes, room=room)
        await self._backplane.remove(room)
        self._directory.forget(room)


def _given(command: commands.Set) -> dict[str, Any]:
    """Return the settings that ``command`` gives, checked."""
    given = {name: getattr(command, name) for name in _ACTIONS}
    given = {name: value for name, value in given.items() if value is not UNSET}
    if "title" in given:
        given["title"] = check_title(given["title"])
    if "topic" in given:
        given["topic"] = check_topic(given["topic"])
    return given
