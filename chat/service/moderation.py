"""Keeping order: kick, ban, mute, roles. Owners rank above moderators, and those above members."""

from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import UNSET

from chat.accounts.blocklist import Block, Why
from chat.backplane.base import Backplane
from chat.backplane.records import Appended, Change, Draft
from chat.clock import Clock
from chat.errors import InvalidInput, Refused
from chat.protocol import commands
from chat.protocol.codes import Code
from chat.protocol.entries import LeftBody, MemberChange, RoomChangedBody
from chat.protocol.pushes import Person
from chat.rooms.access import MEMBER, MemberState
from chat.rooms.permissions import Action, Standing, check_above
from chat.rooms.roles import RoomRole
from chat.rooms.times import parse_until, written
from chat.rooms.titles import check_reason
from chat.service.acts import Acts
from chat.service.members import Members
from chat.service.standings import Standings, encode

_ACTIONS: Final[dict[type[commands.AboutPerson], Action]] = {
    commands.Kick: Action.KICK,
    commands.Ban: Action.BAN,
    commands.Unban: Action.BAN,
    commands.Mute: Action.MUTE,
    commands.Role: Action.ROLE,
}


@dataclass(frozen=True, slots=True)
class _Case:
    """Who does something to whom, both as stored now."""

    person: Person
    standing: Standing
    still: Change  # that the role of ``person`` has not changed by the time it is done
    other: Person
    others_standing: Standing
    others_state: bytes | None  # the record

    @property
    def room(self) -> str:
        return self.standing.room


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

        async def decide() -> Draft | None:
            case = await self._case(person, command)
            match command:
                case commands.Role():
                    return await self._role(case, RoomRole(command.role))
                case commands.Mute():
                    reasons = reason if until_s else ""
                    return self._set(case, muted_until_s=until_s, reason=reasons)
                case commands.Unban():
                    return self._set(case, banned_until_s=0.0, reason="")
                case commands.Ban() if not case.others_standing.is_member:
                    return self._set(case, banned_until_s=until_s, reason=reason)
                case commands.Ban():
                    return await self._remove(case, reason, banned_until_s=until_s, reason=reason)
                case commands.Kick():
                    return await self._remove(case, reason)

        appended = await self._acts.commit_any(decide)
        if isinstance(command, commands.Ban) and command.addresses_s:
            await self._keep_out(person, command, reason)
        if appended is not None:
            action = str(command.__struct_config__.tag)
            if isinstance(command, commands.Role):
                action = f"{action} {command.role}"
            elif isinstance(command, commands.Mute) and not until_s:
                action = "unmute"
            await self._acts.audit(
                person, action, whom=command.user, room=command.room, reason=reason
            )
        return appended

    async def _case(self, person: Person, command: commands.OfOrder) -> _Case:
        """Return the case, as stored now. Raises ChatError if the person may not do this."""
        room, user = command.room, command.user
        standing, _, own = await self._standings.fresh(person.user, room)
        self._standings.check_standing(standing, _ACTIONS[type(command)])
        is_wide = isinstance(command, commands.Ban) and command.addresses_s > 0
        if is_wide and not standing.is_of_site:
            raise Refused(Code.FORBIDDEN, "Only owners of this server keep addresses out.")
        other = Person(user=user, name=await self._members.name_of(user, room))
        others_standing, _, state = await self._standings.fresh(user, room)
        if not isinstance(command, commands.Role):  # owners give roles to their equals, too
            if user == person.user:
                raise Refused(Code.FORBIDDEN, "You can't do this to yourself.")
            check_above(standing, others_standing)
        still = Change(f"{MEMBER}{person.user}", own, own)
        return _Case(person, standing, still, other, others_standing, state)

    async def _keep_out(self, person: Person, command: commands.Ban, reason: str) -> None:
        """Keep the banned person, and their addresses, out of the whole server for a while.

        Of the room alone they would not stay out: a guest comes back as another one.
        """
        span_s = float(command.addresses_s)
        block = Block(
            who=command.user,
            why=Why.BANNED,
            until_s=self._clock.time() + span_s,
            reason=reason,
            addresses_s=span_s,
        )
        await self._backplane.block(block)
        await self._acts.audit(person, "ban_addresses", whom=command.user, reason=reason)

    async def _remove(self, case: _Case, why: str, **others: float | str) -> Draft:
        """Return the draft that ends a membership; ``others`` are fields of the state to set."""
        if not case.others_standing.is_member:
            raise _no_member(case)
        changes = await self._members.without_role(
            case.other.user,
            case.others_standing,
            case.others_state,
            by_site=case.standing.is_of_site,
            **others,
        )
        body = LeftBody(
            **self._acts.by(case.other),
            by=case.person.user,
            by_name=case.person.name,
            reason=why,
        )
        changes = [*changes, case.still]
        return Draft(room=case.room, user=case.other.user, body=body, changes=changes)

    async def _role(self, case: _Case, role: RoomRole) -> Draft | None:
        """Return the draft by which somebody has another role; owners may also step down."""
        before = case.others_standing.state
        if not case.others_standing.is_member:
            raise _no_member(case)
        owners = []
        if role is RoomRole.OWNER:
            owners = [await self._members.change_owners(case.room, add=case.other.user)]
        elif before.role is RoomRole.OWNER:
            owners = [await self._members.change_owners(case.room, remove=case.other.user)]
        change = self._change(case, role=role.value)
        return self._changed(case, change, msgspec.structs.replace(before, role=role), *owners)

    def _set(
        self,
        case: _Case,
        *,
        reason: str,
        muted_until_s: float | None = None,
        banned_until_s: float | None = None,
    ) -> Draft | None:
        """Return the draft by which somebody is muted or banned, or is no longer."""
        after = msgspec.structs.replace(case.others_standing.state, reason=reason)
        change = self._change(case, reason=reason)
        if muted_until_s is not None:
            after = msgspec.structs.replace(after, muted_until_s=muted_until_s)
            change.muted_until = written(muted_until_s)
        if banned_until_s is not None:
            after = msgspec.structs.replace(after, banned_until_s=banned_until_s)
            change.banned_until = written(banned_until_s)
        return self._changed(case, change, after)

    def _change(self, case: _Case, *, role: str = "", reason: str = "") -> MemberChange:
        return MemberChange(
            user=case.other.user,
            name=case.other.name,
            role=role or UNSET,
            reason=reason or UNSET,
        )

    def _changed(
        self, case: _Case, change: MemberChange, after: MemberState, *others: Change
    ) -> Draft | None:
        """Return the draft that changes the state of a person; None if it is so already."""
        if after == case.others_standing.state:
            return None
        state = Change(f"{MEMBER}{change.user}", case.others_state, encode(after))
        still = [] if case.still.key == state.key else [case.still]
        body = RoomChangedBody(**self._acts.by(case.person), members=[change])
        return Draft(
            room=case.room, user=case.person.user, body=body, changes=[state, *others, *still]
        )


def _no_member(case: _Case) -> Refused:
    return Refused(Code.NOT_MEMBER, f"{case.other.name} is not in this room.")
