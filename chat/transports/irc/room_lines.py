"""The lines that describe a room to a client: topic, names, modes, how far it was read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import UNSET

from chat.protocol.cursor import Position
from chat.protocol.entries import MemberChange, MessageBody, RoomChangedBody
from chat.protocol.irc import capabilities as caps
from chat.protocol.irc.messages import MAX_LINE_BYTES, Message
from chat.protocol.irc.wrapping import packed
from chat.rooms import LOBBY
from chat.rooms.access import Access, MemberState, RoomSettings, access_of
from chat.rooms.roles import RoomRole
from chat.service.reading import Member
from chat.transports.irc import replies
from chat.transports.irc.client import Client
from chat.transports.irc.framing import HOST, SERVER, channel_of, msgid_of
from chat.transports.irc.member_lists import MemberList

PREFIXES: Final[Mapping[RoomRole, str]] = {
    RoomRole.OWNER: "@",
    RoomRole.MODERATOR: "%",
    RoomRole.MEMBER: "",
}
ROLE_MODES: Final[Mapping[str, RoomRole]] = {"o": RoomRole.OWNER, "h": RoomRole.MODERATOR}


async def join_lines(client: Client, room: str) -> list[Message]:
    """Return what follows the JOIN of a client's own: the topic and the names."""
    lines = [*await topic_lines(client, room), *await _names_at_join(client, room)]
    if caps.MARKER in client.caps:
        read = await read_offset(client, room)
        lines.insert(-1, await marker_line(client, room, read))  # before the end of the names
    return lines


async def topic_lines(client: Client, room: str, *, is_asked: bool = False) -> Sequence[Message]:
    """Return the topic; without one nothing unless it is asked for.

    The title is the first part of it: names of rooms that are not public say nothing to people.
    """
    details = await client.dependencies.service.reading.details(client.me.user, room)
    topic = topic_of(room, details.standing.settings)
    channel = channel_of(room)
    if topic:
        return [Message(replies.RPL_TOPIC, (client.nick, channel, topic), SERVER)]
    if is_asked:
        return [Message(replies.RPL_NOTOPIC, (client.nick, channel, "No topic is set."), SERVER)]
    return []


def topic_of(room: str, settings: RoomSettings) -> str:
    return _topic(room, settings.title, settings.topic)


def _topic(room: str, title: str, topic: str) -> str:
    """Return both in one line; a title that is the name of the channel says nothing."""
    return " | ".join(filter(None, (title if title != room else "", topic)))


async def _names_at_join(client: Client, room: str) -> Iterable[Message]:
    """Return the people in a channel; of a large lobby only how many, who are listed on request.

    Who comes and goes is not told there either, and thousands may come at once.
    """
    if room == LOBBY:
        presence = await client.dependencies.backplane.presence(room)
        if presence.users is None:
            text = f"{presence.count} people are here; NAMES lists them."
            note = Message("NOTICE", (channel_of(room), text), SERVER)
            return [note, *_names(client, room, MemberList())]
    return await names_lines(client, room)


async def names_lines(client: Client, room: str) -> Iterator[Message]:
    """Return the list of the people in a channel."""
    listed = await client.door.members.of(client.me.user, room)
    if room == LOBBY:
        client.lobby = {
            member.user: client.nicks.of(member.user, member.name)
            for member in listed.members.values()
            if member.user != client.me.user
        }
    return _names(client, room, listed)


def _names(client: Client, room: str, listed: MemberList) -> Iterator[Message]:
    """Yield the names, and that of the client itself, which may be missing in a long list."""
    channel = channel_of(room)
    kind = "=" if access_of(room) is Access.PUBLIC else "@"
    head = len(f":{SERVER} {replies.RPL_NAMREPLY} {client.nick} = {channel} :\r\n".encode())
    left, has_hosts = MAX_LINE_BYTES - head, caps.HOSTS in client.caps

    def lines_of(members: Iterable[Member]) -> Iterator[str]:
        return packed((_name(client, member) for member in members), left)

    lines = listed.lines((left, has_hosts), client.nicks.changes, lines_of)
    if client.me.user not in listed.members:
        me = Member(client.me.user, client.me.name, MemberState())
        lines = [*lines, *lines_of([me])]
    for names in lines:
        yield Message(replies.RPL_NAMREPLY, (client.nick, kind, channel, names), SERVER)
    yield Message(replies.RPL_ENDOFNAMES, (client.nick, channel, "End of the names."), SERVER)


def _name(client: Client, member: Member) -> str:
    nick = client.nicks.of(member.user, member.name)
    if caps.HOSTS in client.caps:
        nick = f"{nick}!{member.user}@{HOST}"
    return PREFIXES[member.state.role] + nick


# Modes


def modes_of(room: str, settings: RoomSettings) -> str:
    """Return the modes of a channel, with the sign in front."""
    secret = {Access.PUBLIC: "", Access.UNLISTED: "s"}.get(access_of(room), "is")
    is_moderated = settings.is_locked or settings.is_archived
    return "+nt" + secret + ("m" if is_moderated else "")


def _mode_lines(client: Client, room: str, body: RoomChangedBody, source: str) -> Iterator[Message]:
    """Yield the modes that an entry changes; in words what IRC has no mode for."""
    channel = channel_of(room)
    if body.is_locked is not UNSET:
        yield Message("MODE", (channel, "+m" if body.is_locked else "-m"), source)
    for words in _in_words(body):
        yield Message("NOTICE", (channel, f"({words})"), source)
    for change in body.members or ():
        yield from _member_modes(client, channel, change, source)


def changed_lines(
    client: Client,
    room: str,
    body: RoomChangedBody,
    position: Position,
    now: RoomSettings | None = None,
) -> Iterator[Message]:
    """Yield what an entry changes, with its id and time on each line.

    ``now`` is what the room has with the change; None: long ago, when all else is not known.
    """
    source, tags = client.framing.source(body.user, body.name), {}
    if caps.TIME in client.caps:
        tags["time"] = body.time
    if caps.TAGS in client.caps:
        tags["msgid"] = msgid_of(room, position)
    then = _topic(room, body.title or "", body.topic or "")
    if then or body.topic == "":
        text = then if now is None else topic_of(room, now)
        yield Message("TOPIC", (channel_of(room), text), source, tags)
    for line in _mode_lines(client, room, body, source):
        yield line.tagged(**tags)


def _in_words(body: RoomChangedBody) -> Iterator[str]:
    if body.is_archived is not UNSET:
        yield "archived this room" if body.is_archived else "opened this room again"
    if body.slow_mode_s is not UNSET:
        yield (
            f"set slow mode: one message in {body.slow_mode_s} s"
            if body.slow_mode_s
            else ("ended slow mode")
        )


def _member_modes(
    client: Client, channel: str, change: MemberChange, source: str
) -> Iterator[Message]:
    nick = client.nicks.of(change.user, change.name)
    if change.role is not UNSET:
        role = RoomRole(change.role)
        # What they had before is not in the entry. An owner may keep the % beside the @.
        modes = {RoomRole.OWNER: "+o", RoomRole.MODERATOR: "-o+h"}.get(role, "-oh")
        nicks = [nick for letter in modes if letter.isalpha()]
        yield Message("MODE", (channel, modes, *nicks), source)
    if change.banned_until is not UNSET:
        sign = "+" if change.banned_until or change.banned_until is None else "-"
        yield Message("MODE", (channel, f"{sign}b", ban_mask(change.user)), source)
    if change.muted_until is not UNSET:
        verb = "muted" if change.muted_until else "unmuted"
        yield Message("NOTICE", (channel, f"({verb} {nick})"), source)


def ban_mask(user: str) -> str:
    return f"*!{user}@*"


# How far a room was read


async def read_offset(client: Client, room: str) -> int:
    memberships = await client.dependencies.backplane.memberships(client.me.user)
    return next((m.read_offset or 0 for m in memberships if m.room == room), 0)


async def marker_line(client: Client, room: str, offset: int) -> Message:
    """Return MARKREAD with the time of the last message up to ``offset``."""
    page = await client.dependencies.service.reading.history(
        client.me.user, room, before=offset + 1, after=None, limit=1
    )
    time = "*"
    for entry in page.entries:
        body = entry.decode()
        if isinstance(body, MessageBody):
            time = f"timestamp={body.time}"
    partner = client.partners.get(room)
    target = channel_of(room) if partner is None else client.nicks.of(partner.user, partner.name)
    return Message("MARKREAD", (target, time), SERVER)
