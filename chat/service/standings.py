"""Reads the standing of people in rooms, and checks it against the table of permissions."""

from collections.abc import Callable, Collection, Sequence
from typing import Final, Protocol

import msgspec

from chat.accounts.bots import KnownBots
from chat.accounts.identity import is_bot
from chat.backplane.base import Backplane
from chat.backplane.directory import Directory
from chat.clock import Clock
from chat.protocol.pushes import Person
from chat.rooms import LOBBY
from chat.rooms.access import MEMBER, SETTINGS, MemberState, RoomSettings, is_closed
from chat.rooms.grants import Scope
from chat.rooms.permissions import Action, Guests, Standing, refusal
from chat.rooms.roles import RoomRole, ServerRole
from chat.service.operator import is_operator

_settings: Final = msgspec.json.Decoder(RoomSettings)
_state: Final = msgspec.json.Decoder(MemberState)
# These append nothing in the name of the person, so the store does not check the membership.
_LOOKED_UP: Final = frozenset(
    {Action.READ, Action.JOIN, Action.INVITE, Action.HOOKS, Action.WEBHOOKS}
)


class People(Protocol):
    """What rooms need to know of people. All methods may raise Unavailable."""

    async def role_of(self, user: str) -> ServerRole:
        """Return the role on this server; of an unknown user: guest."""

    async def name_of(self, user: str, *, is_fresh: bool = False) -> str | None:
        """Return the name of the account of ``user``, or None without an account.

        It may be half a second old unless ``is_fresh``: for what is stored with it, and rare.
        """

    async def called(self, names: Collection[str]) -> Sequence[Person]:
        """Return the people with an account who have one of ``names``, or one that looks so."""

    async def owners(self) -> Sequence[str]:
        """Return the owners of the site."""


class GuestsOnly(People):
    """A server without accounts."""

    async def role_of(self, user: str) -> ServerRole:
        return ServerRole.BOT if is_bot(user) else ServerRole.GUEST

    async def name_of(self, user: str, *, is_fresh: bool = False) -> str | None:
        return None

    async def called(self, names: Collection[str]) -> Sequence[Person]:
        return ()

    async def owners(self) -> Sequence[str]:
        return ()


class Standings:
    """Reads standings, and checks them against the table."""

    def __init__(
        self,
        backplane: Backplane,
        *,
        directory: Directory,
        people: People,
        clock: Clock,
        guests: Callable[[], Guests] = lambda: Guests.ON,
        bots: KnownBots | None = None,
    ) -> None:
        self._backplane = backplane
        self._directory = directory
        self._people = people
        self._clock = clock
        self._guests = guests
        self.bots = bots or KnownBots()

    async def check(self, person: Person, room: str, action: Action) -> Standing:
        """Return the standing of ``person`` in ``room``; raise Refused if they may not ``action``.

        In rooms that are not closed, an action that appends is checked as a member's: the store
        refuses it in the same step if the person is no member.
        """
        is_member = None if is_closed(room) or action in _LOOKED_UP else True
        standing = await self.of(person.user, room, is_member=is_member)
        if not self.may(standing, action):
            # What is in the way may have ended a moment ago, on another instance.
            standing, _, _ = await self.fresh(person.user, room, is_member=standing.is_member)
            self.check_standing(standing, action)
        return standing

    def check_standing(self, standing: Standing, action: Action) -> None:
        """Raise Refused if a person with this ``standing`` may not do ``action``."""
        if (why_not := refusal(action, standing, now=self._clock.time())) is not None:
            raise why_not

    def may(self, standing: Standing, action: Action) -> bool:
        return refusal(action, standing, now=self._clock.time()) is None

    def may_be_invited(self, standing: Standing) -> bool:
        return standing.state.banned_until_s <= self._clock.time()

    async def may_find_public(self, user: str) -> bool:
        """Return whether ``user`` finds public rooms without being in them."""
        role = await self._role_of(user)
        stranger = Standing(room=LOBBY, is_member=False, server_role=role, guests=self.guests)
        return self.may(stranger, Action.FIND)

    async def check_may_write(self, user: str) -> None:
        """Raise Refused unless ``user`` may write anywhere: guests may be readers only."""
        self.bots.check(user, Scope.SEND)
        role = await self._role_of(user)
        member = Standing(room=LOBBY, is_member=True, server_role=role, guests=self.guests)
        self.check_standing(member, Action.SEND)

    @property
    def guests(self) -> Guests:
        """What people without an account may do now."""
        return self._guests()

    async def of(self, user: str, room: str, *, is_member: bool | None = None) -> Standing:
        """Return the standing of ``user`` in ``room``; ``is_member``: None to look it up.

        Settings and roles are at most half a second old.
        """
        if is_member is None:
            is_member = await self._is_member(user, room)
        settings, state = await self._directory.several(room, SETTINGS, f"{MEMBER}{user}")
        return self._standing(user, room, is_member, await self._role_of(user), settings, state)

    async def of_hook(self, room: str) -> Standing:
        """Return the standing of a webhook of ``room``, if it may speak there: a moderator's.

        One made it, for what is said in a locked room as well. Raises Refused.
        """
        standing = Standing(
            room=room,
            is_member=True,
            server_role=ServerRole.BOT,
            settings=await self.settings(room),
            state=MemberState(role=RoomRole.MODERATOR),
        )
        self.check_standing(standing, Action.SEND)
        return standing

    async def settings(self, room: str) -> RoomSettings:
        """Return the settings of ``room``, which are at most half a second old."""
        return decode_settings(await self._directory.get(room, SETTINGS))

    async def fresh(
        self, user: str, room: str, *, is_member: bool | None = None
    ) -> tuple[Standing, bytes | None, bytes | None]:
        """Return the standing of ``user`` as stored now, with the records it was read from.

        These are the settings' and the person's own: a draft that depends on them expects them.
        """
        key = f"{MEMBER}{user}"
        records = await self._directory.fresh(room, SETTINGS, key)
        if is_member is None:
            is_member = await self._is_member(user, room)
        settings, state = records.get(SETTINGS), records.get(key)
        role = await self._role_of(user)
        return self._standing(user, room, is_member, role, settings, state), settings, state

    async def _is_member(self, user: str, room: str) -> bool:
        if is_operator(user):
            return not is_closed(room)
        return await self._backplane.member_since(user, room) is not None

    async def _role_of(self, user: str) -> ServerRole:
        return ServerRole.OWNER if is_operator(user) else await self._people.role_of(user)

    def _standing(
        self,
        user: str,
        room: str,
        is_member: bool,
        role: ServerRole,
        settings: bytes | None,
        state: bytes | None,
    ) -> Standing:
        return Standing(
            room=room,
            is_member=is_member,
            server_role=role,
            settings=decode_settings(settings),
            state=decode_state(state),
            guests=self.guests,
            grant=self.bots.grant(user),
        )


def decode_settings(record: bytes | None) -> RoomSettings:
    """Return the settings in a room's record; without one the defaults."""
    return RoomSettings() if record is None else _settings.decode(record)


def decode_state(record: bytes | None) -> MemberState:
    """Return what is set of a member in a room's record; without one the defaults."""
    return MemberState() if record is None else _state.decode(record)


def encode(record: RoomSettings | MemberState) -> bytes | None:
    """Return the record to store; None, which is none, for the defaults."""
    if record in (RoomSettings(), MemberState()):
        return None
    return msgspec.json.encode(record)
