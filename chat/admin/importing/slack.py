"""Reads an export of Slack: a zip of JSON files, one for each day of each channel.

Its form: https://slack.com/help/articles/220556107. Messages of a thread are replies here; a file
is a link to where Slack has it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from chat.admin.importing.shortcodes import emoji_of
from chat.admin.importing.slack_text import markdown
from chat.admin.importing.source import BadExport, Event, Kind, Names, SourcePerson, SourceRoom
from chat.admin.importing.zips import Archive
from chat.protocol.commands import MAX_DIRECT_OTHERS
from chat.rooms.access import Access

T = TypeVar("T")

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\.json")
_TIME: Final = re.compile(r"[0-9]{1,10}(\.[0-9]{1,6})?")
_JOINS: Final = frozenset({"channel_join", "group_join"})
_LEAVES: Final = frozenset({"channel_leave", "group_leave"})
# Messages that somebody has written. Others tell of a change: of a topic, a name, a pinned message.
_WRITTEN: Final = frozenset(
    {None, "", "bot_message", "me_message", "thread_broadcast", "file_share", "file_comment"}
)


class _Struct(msgspec.Struct, kw_only=True):
    """A part of the export. Fields that are not read are not checked."""


class _Profile(_Struct):
    display_name: str | None = None
    real_name: str | None = None


class _User(_Struct):
    id: str
    name: str | None = None
    real_name: str | None = None
    is_bot: bool = False
    profile: _Profile | None = None


class _Value(_Struct):
    value: str | None = None


class _Channel(_Struct):
    id: str
    name: str | None = None
    creator: str | None = None
    is_archived: bool = False
    members: list[str] | None = None
    topic: _Value | None = None
    purpose: _Value | None = None


class _Reaction(_Struct):
    name: str
    users: list[str] | None = None


class _Edited(_Struct):
    ts: str


class _File(_Struct):
    name: str | None = None
    title: str | None = None
    permalink: str | None = None
    url_private: str | None = None


class _Attachment(_Struct):
    fallback: str | None = None
    text: str | None = None


class _Bot(_Struct):
    name: str | None = None


class _Message(_Struct):
    ts: str
    type: str | None = None
    subtype: str | None = None
    user: str | None = None
    bot_id: str | None = None
    username: str | None = None
    bot_profile: _Bot | None = None
    text: str | None = None
    thread_ts: str | None = None
    edited: _Edited | None = None
    reactions: list[_Reaction] | None = None
    files: list[_File] | None = None
    attachments: list[_Attachment] | None = None

    @property
    def times(self) -> Sequence[str]:
        edited = self.edited.ts if self.edited is not None else None
        return [time for time in (self.ts, self.thread_ts, edited) if time is not None]

    @property
    def author(self) -> str:
        """The id of the person or bot, or of a bot that has only a name."""
        return self.user or self.bot_id or f"bot:{self.username or 'bot'}"

    @property
    def bot_name(self) -> str:
        return self.username or (self.bot_profile and self.bot_profile.name) or "bot"


_users: Final = msgspec.json.Decoder(list[_User])
_channels: Final = msgspec.json.Decoder(list[_Channel])
_messages: Final = msgspec.json.Decoder(list[_Message])


class SlackExport:
    """A ``Source``. Private channels and direct messages are read if they are asked for."""

    name = "slack"

    def __init__(self, path: Path, *, has_private: bool, has_direct: bool) -> None:
        """Open ``path``. Raises BadExport."""
        self._archive = Archive(path)
        if self._archive.read("channels.json") is None or self._archive.read("users.json") is None:
            raise BadExport(f"{path} has no channels.json and users.json: no export of Slack.")
        users = self._decoded("users.json", _users)
        self._people = {user.id: _person(user) for user in users}
        self._folders: dict[str, str] = {}
        self._days: dict[str, list[str]] = {}
        for name in self._archive.names():
            folder, _, day = name.rpartition("/")
            if _DAY.fullmatch(day):
                self._days.setdefault(folder, []).append(name)
        self.rooms: Sequence[SourceRoom] = list(self._rooms(has_private, has_direct))

    @property
    def people(self) -> Mapping[str, SourcePerson]:
        """Do as Source does."""
        return self._people

    def events(self, room: SourceRoom, names: Names, left_out: Counter[str]) -> Iterator[Event]:
        """Do as Source does."""
        for name in self._days.get(self._folders[room.id], ()):
            messages = self._decoded(name, _messages)
            for time in (time for message in messages for time in message.times):
                if not _TIME.fullmatch(time):
                    raise BadExport(f"{name} in the archive: {time[:40]!r} is no time.")
            for message in sorted(messages, key=lambda one: float(one.ts)):
                event = self._event(message, names, left_out)
                if event is not None:
                    yield event

    def _event(self, message: _Message, names: Names, left_out: Counter[str]) -> Event | None:
        author = message.author
        if author not in self._people:
            self._people[author] = _bot(author, message.bot_name)
        event = Event(id=message.ts, author=author, time_s=float(message.ts))
        if message.subtype in _JOINS:
            event.kind = Kind.JOINED
            return event
        if message.subtype in _LEAVES:
            event.kind = Kind.LEFT
            return event
        if message.subtype not in _WRITTEN:
            left_out[str(message.subtype)] += 1
            return None
        event.text, event.mentions = markdown(_text(message), names)
        if message.subtype == "me_message" and event.text:
            event.text = f"_{event.text}_"
        if not event.text.strip():
            left_out["empty"] += 1
            return None
        if message.thread_ts not in (None, message.ts):
            event.reply_to = message.thread_ts
        event.edited_s = float(message.edited.ts) if message.edited is not None else None
        event.reactions = list(_reactions(message.reactions or (), left_out))
        return event

    def _rooms(self, has_private: bool, has_direct: bool) -> Iterator[SourceRoom]:
        yield from self._kind_of_rooms("channels.json", Access.PUBLIC)
        if has_private:
            yield from self._kind_of_rooms("groups.json", Access.PRIVATE)
        if has_direct:
            yield from self._kind_of_rooms("mpims.json", Access.DIRECT)
            yield from self._kind_of_rooms("dms.json", Access.DIRECT)

    def _kind_of_rooms(self, file: str, access: Access) -> Iterator[SourceRoom]:
        if self._archive.read(file) is None:
            return
        for channel in self._decoded(file, _channels):
            members = sorted(set(channel.members or ()))
            if access is Access.DIRECT and not 1 < len(members) <= MAX_DIRECT_OTHERS + 1:
                continue  # notes to oneself, which are no conversation
            title = channel.name or channel.id
            self._folders[channel.id] = channel.name or channel.id
            told = [value.value for value in (channel.topic, channel.purpose) if value is not None]
            yield SourceRoom(
                id=channel.id,
                title="" if access is Access.DIRECT else title,
                topic=next(filter(None, told), "") or "",
                access=access,
                members=members,
                owner=channel.creator or "",
                is_archived=channel.is_archived,
            )

    def _decoded(self, name: str, decoder: msgspec.json.Decoder[T]) -> T:
        data = self._archive.read(name)
        assert data is not None  # it is listed
        try:
            return decoder.decode(data)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise BadExport(f"{name} in the archive: {error}.") from error


def _person(user: _User) -> SourcePerson:
    profile = user.profile or _Profile()
    names = (profile.display_name, profile.real_name, user.real_name, user.name)
    known = [name for name in names if name]
    return SourcePerson(user.id, known, is_bot=user.is_bot, has_account=not user.is_bot)


def _bot(id: str, name: str) -> SourcePerson:
    return SourcePerson(id, [name], is_bot=True, has_account=False)


def _text(message: _Message) -> str:
    """Return the text of a message in Slack's marks, else its attachments'; then its files."""
    parts = [message.text or ""]
    if not parts[0]:
        parts = [one.text or one.fallback or "" for one in message.attachments or ()]
    for file in message.files or ():
        url = file.permalink or file.url_private
        name = _label(file.title or file.name or "file")
        parts.append(f"<{url}|{name}>" if url and not set(url) & set("<>|\n ") else name)
    return "\n".join(filter(None, parts))


def _label(name: str) -> str:
    for sign in "<>|[]\n":
        name = name.replace(sign, " ")
    return name.strip() or "file"


def _reactions(
    reactions: Sequence[_Reaction], left_out: Counter[str]
) -> Iterator[tuple[str, Sequence[Any]]]:
    for reaction in reactions:
        users = list(dict.fromkeys(reaction.users or ()))
        if (emoji := emoji_of(reaction.name)) is None:
            left_out["reactions with emoji of Slack's own"] += len(users)
        elif users:
            yield emoji, users
