"""Checks that apply to every command, whatever it does: blocks, and rate limits."""

from typing import Final

from msgspec.structs import replace

from chat.accounts.access import AccessControl
from chat.accounts.rate_limits import CHARACTERS_A_TOKEN, Limits
from chat.protocol import commands
from chat.protocol.pushes import Person
from chat.rooms.texts import MAX_TEXT_CHARACTERS
from chat.service.standings import People

# Who did these to whom is stored for good, and they are rare enough to look up both names anew.
_ACTS: Final = (
    commands.Create | commands.Direct | commands.Invite | commands.Set | commands.Kick
    | commands.Ban | commands.Unban | commands.Mute | commands.Role
)  # fmt: skip


class Admission:
    """Lets people give commands."""

    def __init__(self, *, access: AccessControl | None, limits: Limits, people: People) -> None:
        self._access = access
        self._limits = limits
        self._people = people

    async def admit(self, person: Person, command: commands.AnyCommand, address: str) -> Person:
        """Return ``person`` with the name of their account, which another device may have changed.

        Raises ChatError if they may not give ``command`` now.
        """
        self.check_access(person)
        cost = _cost(command)
        self._limits.command(person.user, address, cost)
        if isinstance(command, commands.Send | commands.Edit):
            self._limits.write(person, cost)
        if isinstance(command, commands.Ping) or not person.device:
            return person
        name = await self._people.name_of(person.user, is_fresh=isinstance(command, _ACTS))
        return person if name in (None, person.name) else replace(person, name=name)

    def admit_any(self, person: Person, address: str) -> None:
        """Let ``person`` give what is not a command of the wire. Raises ChatError if not now."""
        self.check_access(person)
        self.charge(person, address)

    def charge(self, person: Person, address: str) -> None:
        """Take what a command costs. Raises Unavailable ``rate_limited``."""
        self._limits.command(person.user, address)

    def check_access(self, person: Person) -> None:
        """Raise Refused if ``person`` is blocked: a command may be under way when that happens."""
        if self._access is not None:
            self._access.check(person.user, device=person.device)


def _cost(command: commands.AnyCommand) -> float:
    length = len(getattr(command, "text", ""))
    return max(1.0, min(length, MAX_TEXT_CHARACTERS) / CHARACTERS_A_TOKEN)
