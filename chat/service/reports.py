"""Reports: a member tells those who keep order of a message."""

import asyncio
from typing import Final

from msgspec.structs import replace

from chat.accounts.rate_limits import Limits
from chat.backplane.base import Backplane
from chat.errors import Refused
from chat.protocol import commands
from chat.protocol.codes import Code
from chat.protocol.entries import MessageBody
from chat.protocol.pushes import Notification, Person, skeleton_of
from chat.rooms.access import MEMBER, is_closed
from chat.rooms.amendments import no_message
from chat.rooms.permissions import Action, not_member
from chat.rooms.roles import RoomRole
from chat.rooms.titles import check_reason
from chat.service.acts import Acts
from chat.service.open_reports import OpenReports
from chat.service.standings import People, Standings, decode_state

# Of the people with a role, a mute or a ban in the room: who comes later is not looked for.
MAX_STATES: Final = 1000


class Reports:
    """Carries out the command ``report``."""

    def __init__(
        self,
        backplane: Backplane,
        *,
        acts: Acts,
        open_reports: OpenReports,
        limits: Limits,
        people: People,
        standings: Standings,
    ) -> None:
        self._backplane = backplane
        self._acts = acts
        self._open = open_reports
        self._limits = limits
        self._people = people
        self._standings = standings

    async def report(self, person: Person, command: commands.Report, address: str) -> None:
        """Add the report to the audit log, and notify the room's moderators and owners.

        The owners of the site are notified, too, also of rooms that they are not in: somebody has
        to know of what happens in a direct room. The text of the message is not passed on.
        """
        room, offset, reason = command.room, command.offset, check_reason(command.reason)
        await self._standings.check(person, room, Action.REPORT)
        message = await self._message(person, room, offset)
        if message.user == person.user:
            raise Refused(Code.FORBIDDEN, "This message is your own: delete it.")
        self._limits.report(person.user, address)
        changes = await self._open.opening(person, replace(command, reason=reason), message.user)
        await self._acts.audit(
            person, "report", *changes, whom=message.user, room=room, message=offset, reason=reason
        )
        notification = Notification(
            kind="report",
            room=room,
            offset=offset,
            user=person.user,
            name=person.name,
            skeleton=skeleton_of(person.name),
            text=reason,
        )
        keepers = await self._keepers(room) - {person.user, message.user}
        await asyncio.gather(*(self._backplane.notify(user, notification) for user in keepers))

    async def _message(self, person: Person, room: str, offset: int) -> MessageBody:
        """Return the message, as far as ``person`` may know of it: the membership is asked last."""
        entry = None
        if await self._backplane.positions([room]):
            entry = await self._backplane.entry(room, offset)
        since = await self._backplane.member_since(person.user, room)
        if since is None:
            raise not_member(room)
        message = None if entry is None else entry.decode()
        is_before = is_closed(room) and offset < since
        if not isinstance(message, MessageBody) or message.deleted or is_before:
            raise no_message(offset, room)
        return message

    async def _keepers(self, room: str) -> set[str]:
        """Return the users who keep order in ``room``."""
        states = await self._backplane.scan(room, MEMBER, limit=MAX_STATES)
        of_room = {
            key.removeprefix(MEMBER)
            for key, value in states
            if decode_state(value).role is not RoomRole.MEMBER
        }
        return of_room | set(await self._people.owners())
