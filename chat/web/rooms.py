"""The HTTP API of rooms: the directory, settings, members, invites; and the audit log."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from chat.accounts.decisions import INVITE_DAYS
from chat.errors import InvalidInput
from chat.protocol import commands
from chat.protocol.codes import Code
from chat.protocol.cursor import parse_room
from chat.protocol.entries import AuditBody
from chat.protocol.pushes import Ok, skeleton_of
from chat.requests.handler import Handler
from chat.rooms.access import access_of
from chat.rooms.times import written
from chat.service.reading import Details, Listed, Member
from chat.web.people import Days, Made, Uses
from chat.web.signing_in import SigningIn

# The directory is a list to look through; without a limit it is all that programs may want.
MOST_ROOMS: Final = 1000
MAX_LIMIT: Final = 100
MAX_QUERY_CHARACTERS: Final = 100


class RoomStanding(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A room in the directory."""

    room: str
    epoch: str
    offset: int
    unread: int
    is_member: bool
    access: str
    title: str = ""
    topic: str = ""
    members: int | None = None
    present: int | None = None
    last_said: str | None = None  # RFC 3339


class RoomList(msgspec.Struct):
    rooms: Sequence[RoomStanding]
    more: bool


class RoomDetails(msgspec.Struct, kw_only=True):
    """A room as the one who asks sees it. ``role`` is null for who is no member."""

    room: str
    epoch: str
    offset: int
    access: str
    title: str
    topic: str
    is_locked: bool
    is_archived: bool
    slow_mode_s: int
    keep_messages: int | None
    keep_days: int | None
    is_member: bool
    role: str | None  # owner, moderator or member
    muted_until: str  # "" if one is not
    may: Sequence[str]  # the actions that the one who asks may do here


class NewRoom(msgspec.Struct, kw_only=True):
    """A room to make; ``room`` is the name of a public one. The same ``key`` makes no other one."""

    title: commands.Line
    access: Literal["public", "unlisted", "private"]
    topic: commands.Line = ""
    room: str | None = None
    key: commands.Key | None = None


class RoomSet(msgspec.Struct, kw_only=True):
    """The settings to change. In JSON, 10.0 and 10 are the same number."""

    title: commands.Line | UnsetType = UNSET
    topic: commands.Line | UnsetType = UNSET
    is_locked: bool | UnsetType = UNSET
    is_archived: bool | UnsetType = UNSET
    slow_mode_s: float | UnsetType = UNSET
    keep_messages: float | None | UnsetType = UNSET
    keep_days: float | None | UnsetType = UNSET


class RoomMember(msgspec.Struct, kw_only=True, omit_defaults=True):
    user: str
    name: str
    skeleton: str | UnsetType = UNSET
    role: str
    muted_until: str = ""
    banned_until: str = ""
    reason: str = ""


class RoomMembers(msgspec.Struct):
    members: Sequence[RoomMember]
    more: bool


class Invited(msgspec.Struct, omit_defaults=True):
    """A person to make a member; without one, how many may join by a link, and for how long."""

    user: commands.User | None = None
    uses: Uses = 1
    days: Days = INVITE_DAYS


class Audited(msgspec.Struct, kw_only=True, omit_defaults=True):
    offset: int
    time: str
    user: str
    name: str
    action: str
    whom: str = ""
    room: str = ""
    message: int | None = None
    reason: str = ""


class AuditLog(msgspec.Struct):
    entries: Sequence[Audited]
    more: bool


class RoomsHandler(Handler):
    """Lists the rooms that the user may find, and makes rooms."""

    async def get(self) -> None:
        limit, query, after = (
            self.whole_number("limit"),
            self.argument("query"),
            self.argument("after"),
        )
        if len(query) > MAX_QUERY_CHARACTERS:
            raise InvalidInput(
                Code.BAD_COMMAND, f"A query has at most {MAX_QUERY_CHARACTERS} characters."
            )
        rooms, more = await self.dependencies.service.reading.rooms(
            self.person.user,
            query=query,
            after=parse_room(after) if after else "",
            limit=MOST_ROOMS if limit is None else max(1, min(limit, MAX_LIMIT)),
            has_details=limit is not None,
        )
        self.send_json(RoomList([_standing(listed) for listed in rooms], more))

    async def post(self) -> None:
        """Make a room, as ``create`` does."""
        made = msgspec.structs.asdict(self.json_as(NewRoom))
        command = commands.Create(**made)
        reply = await self.dependencies.service.perform(self.person, command, self.address)
        self.set_status(201)
        self.send_json(reply)


class RoomHandler(Handler):
    """Shows, changes and removes a room."""

    async def get(self, room: str) -> None:
        details = await self.dependencies.service.reading.details(
            self.person.user, parse_room(room)
        )
        self.send_json(details_of(details))

    async def patch(self, room: str) -> None:
        """Change settings, and answer with the room."""
        command = _command(parse_room(room), self.json_as(RoomSet))
        await self.dependencies.service.perform(self.person, command, self.address)
        await self.get(room)

    async def delete(self, room: str) -> None:
        """Remove the room with everything in it."""
        await self.dependencies.service.remove_room(self.person, parse_room(room), self.address)
        self.send_json(Ok(room=room))


class MembersHandler(Handler):
    """Lists members, or with ``set_apart`` those of whom something is set: roles, mutes, bans."""

    async def get(self, room: str) -> None:
        reading, user = self.dependencies.service.reading, self.person.user
        limit = self.whole_number("limit")
        read = reading.set_apart if self.argument("set_apart") else reading.members
        members, more = await read(
            user,
            parse_room(room),
            after=self.argument("after"),
            limit=MAX_LIMIT if limit is None else max(1, min(limit, MAX_LIMIT)),
        )
        self.send_json(RoomMembers([_member(member) for member in members], more))


class InvitesHandler(SigningIn):
    """Makes a person a member, or a link by which people join."""

    is_for_everybody = False
    is_for_bots = True

    async def post(self, room: str) -> None:
        """Answer ``{"user"}`` as ``invite`` does; without it, with a link."""
        asked = self.json_as(Invited)
        if asked.user is None:
            code = await self.dependencies.room_links.make(
                self.person, parse_room(room), uses=int(asked.uses), days=int(asked.days)
            )
            self.set_status(201)
            self.send_json(Made(self.link("join", code), int(asked.days) * 86400))
            return
        command = commands.Invite(room=parse_room(room), user=asked.user)
        reply = await self.dependencies.service.perform(self.person, command, self.address)
        self.send_json(reply)


class AuditHandler(Handler):
    """Shows the site's owners who did what to whom, the newest first."""

    async def get(self) -> None:
        limit = self.whole_number("limit")
        entries, more = await self.dependencies.service.reading.audit(
            self.person,
            before=self.whole_number("before"),
            limit=MAX_LIMIT if limit is None else max(1, min(limit, MAX_LIMIT)),
        )
        audited = []
        for entry in entries:
            body = entry.decode()
            if isinstance(body, AuditBody) and body.user:
                fields = msgspec.structs.asdict(body)
                del fields["skeleton"]
                audited.append(Audited(offset=entry.position.offset, **fields))
        self.send_json(AuditLog(audited, more))


def _command(room: str, given: RoomSet) -> commands.Set:
    """Return the command that sets what is ``given``. Raises InvalidInput."""
    fields = {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in msgspec.structs.asdict(given).items()
        if value is not UNSET
    }
    try:
        return msgspec.convert({"type": "set", "room": room, **fields}, commands.Set)
    except msgspec.ValidationError as error:
        raise InvalidInput(Code.BAD_COMMAND, f"{error}.") from error


def _standing(listed: Listed) -> RoomStanding:
    room, position = listed.info
    return RoomStanding(
        room=room,
        **position._asdict(),
        unread=listed.membership.unread if listed.membership else 0,
        is_member=listed.membership is not None,
        access=access_of(room).value,
        title=listed.settings.title,
        topic=listed.settings.topic,
        members=listed.members,
        present=listed.present,
        last_said=listed.last_said,
    )


def details_of(details: Details) -> RoomDetails:
    """Return what the API says of a room."""
    standing = details.standing
    settings = msgspec.structs.asdict(standing.settings)
    del settings["is_removed"]
    return RoomDetails(
        room=standing.room,
        **details.position._asdict(),
        **settings,
        access=standing.access.value,
        is_member=standing.is_member,
        role=standing.role,
        muted_until=written(standing.state.muted_until_s),
        may=details.may,
    )


def _member(member: Member) -> RoomMember:
    state = member.state
    return RoomMember(
        user=member.user,
        name=member.name,
        skeleton=skeleton_of(member.name),
        role=state.role.value,
        muted_until=written(state.muted_until_s),
        banned_until=written(state.banned_until_s),
        reason=state.reason,
    )
