"""Keeping order: kick, ban, mute, roles. Owners rank above moderators, and those above members."""

import msgspec
from msgspec import UNSET

from chat.backplane.base import Backplane
from chat.backplane.records import Appended, Change, Draft
from chat.clock import Clock
from chat.errors import InvalidInput, Refused
from chat.protocol import commands
from chat.protocol.codes import Code
from chat.protocol.pushes import LeftBody, MemberChange, Person, RoomChangedBody
from chat.rooms.access import MEMBER, MemberState
from chat.rooms.permissions import Action, Standing, check_above
from chat.rooms.roles import RoomRole
from chat.rooms.times import parse_until, written
from chat.rooms.titles import check_reason
from chat.service.acts import Acts
from chat.service.members import Members
from chat.service.standings import Standings, encode

_ACTION: dict[type[commands.AboutPerson], Action] = {
    commands.Kick: Action.KICK,
    commands.Ban: Action.BAN,
    commands.Unban: Action.BAN,
    commands.Mute: Action.MUTE,
    commands.Role: Action.ROLE,
}


class Moderation:
    """Carries out the commands of moderators and owners about other people."""

    def __init__(
        self,
        backplane: Backplane,
        *,
        acts: Acts,
        clock: Clock,
        members: Members,
        standings: Standings,
    ) -> None:
        self._backplane = backplane
        self._acts = acts
        self._clock = clock
        self._members = members
        self._standings = standings

    async def perform(self, person: Person, command: commands.OfOrder) -> Appended | None:
        """Carry out ``command``; None if it changes nothing."""
        until_s = parse_until(getattr(command, "until", None), now=self._clock.time())
        reason = check_reason(getattr(command, "reason", ""))
        if isinstance(command, commands.Ban) and not until_s:
            raise InvalidInput(Code.BAD_COMMAND, "A ban ends in the future; lift one by unban.")
        name = ""

        async def decide() -> Draft | None:
            nonlocal name
            standing, _, own = await self._standings.fresh(person.user, command.room)
            self._standings.check_standing(standing, _ACTION[type(command)])
            name = name or await self._members.name_of(command.user, command.room)
            other, _, state = await self._standings.fresh(command.user, command.room)
            # So that somebody whose own role has just ended is too late.
            still = [Change(f"{MEMBER}{person.user}", own, own)]
            if isinstance(command, commands.Role):
                return await self._role(person, command, name, other, state, still)
            if command.user == person.user:
                raise Refused(Code.FORBIDDEN, "You can't do this to yourself.")
            check_above(standing, other)
            match command:
                case commands.Mute():
                    after = msgspec.structs.replace(
                        other.state, muted_until_s=until_s, reason=reason if until_s else ""
                    )
                    change = MemberChange(
                        user=command.user,
                        name=name,
                        muted_until=written(until_s),
                        reason=reason or UNSET,
                    )
                case commands.Unban():
                    after = msgspec.structs.replace(other.state, banned_until_s=0, reason="")
                    change = MemberChange(user=command.user, name=name, banned_until="")
                case commands.Ban() if not other.is_member:
                    after = msgspec.structs.replace(
                        other.state, banned_until_s=until_s, reason=reason
                    )
                    change = MemberChange(
                        user=command.user,
                        name=name,
                        banned_until=written(until_s),
                        reason=reason or UNSET,
                    )
                case commands.Ban():
                    return await self._removal(
                        person, name, other, state, still, command.user,
                        reason=reason, banned_until_s=until_s,
                    )  # fmt: skip
                case commands.Kick():
                    if not other.is_member:
                        raise _no_member(name)
                    return await self._removal(
                        person, name, other, state, still, command.user, reason=reason
                    )
            if after == other.state:
                return None
            return self._changed(person, command.room, change, state, after, still)

        appended = await self._acts.commit_any(decide)
        if appended is not None:
            action = str(command.__struct_config__.tag)
            if isinstance(command, commands.Role):
                action, reason = f"{action} {command.role}", ""
            elif isinstance(command, commands.Mute) and not until_s:
                action = "unmute"
            await self._acts.audit(
                person, action, whom=command.user, room=command.room, reason=reason
            )
        return appended

    async def _removal(
        self,
        person: Person,
        name: str,
        other: Standing,
        state: bytes | None,
        still: list[Change],
        user: str,
        *,
        reason: str,
        banned_until_s: float = 0.0,
    ) -> Draft:
        """Return the draft by which ``user`` is no member any more."""
        banned: dict[str, float | str] = {}
        if banned_until_s:
            banned = {"banned_until_s": banned_until_s, "reason": reason}
        changes = await self._members.without_role(user, other, state, **banned)
        body = LeftBody(
            **self._acts.by(Person(user=user, name=name)),
            by=person.user,
            by_name=person.name,
            reason=reason,
        )
        return Draft(room=other.room, user=user, body=body, changes=[*changes, *still])

    async def _role(
        self,
        person: Person,
        command: commands.Role,
        name: str,
        other: Standing,
        state: bytes | None,
        still: list[Change],
    ) -> Draft | None:
        """Return the draft by which somebody has another role; owners may also step down."""
        role = RoomRole(command.role)
        if not other.is_member:
            raise _no_member(name)
        if role is other.state.role:
            return None
        changes = [] if command.user == person.user else still
        if role is RoomRole.OWNER:
            changes = [*changes, await self._members.change_owners(command.room, add=command.user)]
        elif other.state.role is RoomRole.OWNER:
            owners = await self._members.change_owners(command.room, remove=command.user)
            changes = [*changes, owners]
        after = msgspec.structs.replace(other.state, role=role)
        change = MemberChange(user=command.user, name=name, role=role.value)
        return self._changed(person, command.room, change, state, after, changes)

    def _changed(
        self,
        person: Person,
        room: str,
        change: MemberChange,
        state: bytes | None,
        after: MemberState,
        others: list[Change],
    ) -> Draft:
        body = RoomChangedBody(**self._acts.by(person), members=[change])
        changes = [Change(f"{MEMBER}{change.user}", state, encode(after)), *others]
        return Draft(room=room, user=person.user, body=body, changes=changes)


def _no_member(name: str) -> Refused:
    return Refused(Code.NOT_MEMBER, f"{name} is not in this room.")
