"""Making rooms: with settings and an owner, or for some people to talk among themselves."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec import UNSET

from chat.accounts.rate_limits import Limits
from chat.backplane.base import Backplane
from chat.backplane.directory import Directory
from chat.backplane.records import SITE, Appended, Change, Draft
from chat.errors import InvalidInput, Refused
from chat.protocol import commands
from chat.protocol.codes import Code
from chat.protocol.cursor import parse_room
from chat.protocol.entries import AuditBody, JoinedBody, RoomChangedBody
from chat.protocol.pushes import Person
from chat.rooms.access import (
    MEMBER,
    OWNERS,
    PREFIXES,
    SETTINGS,
    Access,
    MemberState,
    RoomSettings,
    new_name,
)
from chat.rooms.grants import Scope
from chat.rooms.permissions import Action, Standing
from chat.rooms.roles import RoomRole
from chat.rooms.titles import check_title, check_topic, name_for
from chat.service.acts import Acts
from chat.service.members import Members
from chat.service.standings import People, Standings, encode
from chat.service.titles import Titles

DIRECT: Final = "direct/"  # the site's records that name the direct room of some people
_NOBODY: Final = Person(user="", name="")


class Made(NamedTuple):
    """A room that was made, or was there, and the position of its newest entry."""

    room: str
    appended: Appended


class Making:
    """Carries out the commands that make rooms."""

    def __init__(
        self,
        backplane: Backplane,
        *,
        acts: Acts,
        directory: Directory,
        limits: Limits,
        members: Members,
        people: People,
        secret: bytes,
        standings: Standings,
        titles: Titles,
    ) -> None:
        self._backplane = backplane
        self._acts = acts
        self._directory = directory
        self._limits = limits
        self._members = members
        self._people = people
        self._secret = secret
        self._standings = standings
        self._titles = titles

    async def create(self, person: Person, command: commands.Create, address: str) -> Made:
        """Make a room, with ``person`` as its first member and its owner.

        The name of a room that is not public follows from the command's key, if it has one: who
        asks again finds the room that they have made.
        """
        access = Access(command.access)
        title, topic = check_title(command.title), check_topic(command.topic)
        if access is Access.PUBLIC:
            room = _public_name(command, title)
            if await self._backplane.positions([room]):
                raise _taken(room)
        else:
            if command.room is not None:  # is not used, but must not be nonsense
                parse_room(command.room)
            room = new_name(access, self._seed(person, command.key))
        self._standings.bots.check(person.user, Scope.MANAGE, room)
        await self._check(person, room, address)
        owner = MemberState(role=RoomRole.OWNER)
        made = Draft(
            room=room,
            user=person.user,
            body=JoinedBody(**self._acts.by(person)),
            changes=[
                Change(SETTINGS, None, encode(RoomSettings(title=title, topic=topic))),
                Change(f"{MEMBER}{person.user}", None, encode(owner)),
                Change(OWNERS, None, msgspec.json.encode([person.user])),
            ],
        )
        appended = await self._acts.once(made)
        if appended is not None and not appended.is_new and access is not Access.PUBLIC:
            return Made(room, appended)
        if appended is None or not appended.is_new:
            raise _taken(room)
        body = RoomChangedBody(
            **self._acts.by(person), title=title, topic=topic or UNSET, access=access.value
        )
        appended = await self._backplane.append(Draft(room=room, user=person.user, body=body))
        if access is Access.PUBLIC:
            await self._acts.audit(
                person, "create", *await self._titles.changes(room, title), room=room
            )
        return Made(room, appended)

    def _seed(self, person: Person, key: str | None) -> bytes | None:
        if key is None:
            return None
        return hmac.digest(self._secret, f"room {person.user} {key}".encode(), "sha256")

    async def direct(self, person: Person, command: commands.Direct, address: str) -> Made:
        """Return the room of these people, all of whom are its members after this."""
        users = sorted({person.user, *command.users})
        others = [user for user in users if user != person.user]
        if not 0 < len(others) <= commands.MAX_DIRECT_OTHERS:
            raise InvalidInput(
                Code.BAD_COMMAND,
                f"A direct room is for you and 1 to {commands.MAX_DIRECT_OTHERS} other people.",
            )
        names = {user: await self._members.name_of(user) for user in others}
        room = await self._direct_room(person, users, address)
        # Also if the room was there: a person may have left it, or its maker may have been
        # interrupted before everybody was in.
        appended = await self._members.make_member(person, person.user, person.name, room)
        for user, name in names.items():
            appended = await self._members.make_member(person, user, name, room)
        return Made(room, appended)

    async def _direct_room(self, person: Person, users: Sequence[str], address: str) -> str:
        """Return the name of the direct room of ``users``: a record of the site fixes it."""
        key = direct_key(users)
        if (found := (await self._directory.fresh(SITE, key)).get(key)) is None:
            room = new_name(Access.DIRECT)
            self._standings.bots.check(person.user, Scope.SEND, room)
            await self._check(person, room, address)
            # The entry names nobody: whom people write to is no act of order.
            body = AuditBody(**self._acts.by(_NOBODY), action="direct")
            change = Change(key, None, room.encode())
            draft = Draft(room=SITE, user=person.user, body=body, changes=[change])
            if await self._acts.once(draft) is not None:
                return room
            found = (await self._directory.fresh(SITE, key))[key]  # somebody else was first
        room = found.decode()
        self._standings.bots.check(person.user, Scope.SEND, room)
        return room

    async def _check(self, person: Person, room: str, address: str) -> None:
        """Raise if ``person`` may not make this room, or not one more."""
        standing = Standing(
            room=room,
            is_member=True,
            server_role=await self._people.role_of(person.user),
            guests=self._standings.guests,
        )
        self._standings.check_standing(standing, Action.JOIN)
        await self._members.check_count(person.user, room)
        self._limits.join(address)
        self._limits.new_room(person, address)


def direct_key(users: Iterable[str]) -> str:
    """Return the key of the site's record that names the direct room of ``users``."""
    return DIRECT + hashlib.sha256("\n".join(sorted(users)).encode()).hexdigest()


def _public_name(command: commands.Create, title: str) -> str:
    room = name_for(title) if command.room is None else parse_room(command.room)
    if not room:
        raise InvalidInput(Code.BAD_ROOM, "Give the room a name of a-z, 0-9, - and _, too.")
    if room[:2] in PREFIXES.values():
        prefixes = ", ".join(PREFIXES.values())
        raise InvalidInput(
            Code.BAD_ROOM, f"Names that begin with {prefixes} are made by the server."
        )
    return room


def _taken(room: str) -> Refused:
    return Refused(Code.NAME_TAKEN, f"There is a room {room} already; take another name.")
