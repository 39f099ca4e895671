"""Makes the log of a room of the events of an export, in the form of a backup. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from chat.admin.importing.naming import line_of
from chat.admin.importing.plan import MARK, PlannedPerson, PlannedRoom
from chat.admin.importing.source import Event, Kind
from chat.backplane.backup import Line, Member, Room, Value
from chat.errors import InvalidInput
from chat.protocol.entries import Body, JoinedBody, LeftBody, MessageBody
from chat.protocol.pushes import skeleton_of
from chat.rooms.access import MEMBER, OWNERS, SETTINGS, Access, MemberState, RoomSettings
from chat.rooms.amendments import MAX_EMOJI, MAX_EMOJI_OF_A_USER, MAX_REACTIONS
from chat.rooms.markup import render
from chat.rooms.mentions import MAX_MENTIONS
from chat.rooms.roles import RoomRole
from chat.rooms.texts import MAX_TEXT_CHARACTERS, check_text
from chat.rooms.titles import MAX_TITLE_CHARACTERS, MAX_TOPIC_CHARACTERS
from chat.service.times import rfc3339

_BODIES: Final[Mapping[Kind, type[Body]]] = {Kind.JOINED: JoinedBody, Kind.LEFT: LeftBody}


class RoomLog(NamedTuple):
    """A room with its entries, its records and its members."""

    room: Room
    lines: Sequence[Line]
    values: Sequence[Value]
    members: Sequence[Member]


class Writer:
    """Makes the entries of one room."""

    def __init__(self, people: Mapping[str, PlannedPerson], source: str) -> None:
        self._people = people
        self._source = source
        self._lines: list[Line] = []
        self._messages = 0
        self._offsets: dict[str, tuple[int, str]] = {}  # of each event: its offset and author
        self.left_out: Counter[str] = Counter()

    def write(self, events: Iterable[Event]) -> Sequence[Line]:
        for event in events:
            if event.kind is Kind.MESSAGE:
                self._say(event)
            else:
                self._add(_BODIES[event.kind](**self._by(event)))
        return self._lines

    @property
    def messages(self) -> int:
        return self._messages

    def _say(self, event: Event) -> None:
        """Add a message, or several if its text is longer than one may be."""
        offset, author = self._offsets.get(event.reply_to or "", (None, None))
        mentioned = [self._people[id].user for id in event.mentions if id in self._people]
        key = f"{self._source}-{event.id}"[:64]
        for number, text in enumerate(pieces(event.text)):
            is_first = number == 0
            body = MessageBody(
                **self._by(event),
                key=key if is_first else f"{key[:58]}-{number}",
                text=text,
                html=render(text),
                mentions=mentioned[:MAX_MENTIONS] if is_first else [],
                reply_to=offset,
                reply_user=author,
                edited=None if event.edited_s is None else rfc3339(event.edited_s),
            )
            self._messages += 1
            at = self._add(body, self._reactions(event) if is_first else [])
            if is_first:
                self._offsets[event.id] = (at, body.user)

    def _by(self, event: Event) -> dict[str, Any]:
        person = self._people[event.author]
        return {
            "user": person.user,
            "name": person.name,
            "skeleton": skeleton_of(person.name),
            "time": rfc3339(event.time_s),
        }

    def _add(self, body: Body, reactions: Sequence[tuple[str, list[str]]] = ()) -> int:
        offset = len(self._lines) + 1
        raw = msgspec.Raw(body.encode())
        line = Line(offset, body.kind, self._messages, raw, reactions=list(reactions))
        self._lines.append(line)
        return offset

    def _reactions(self, event: Event) -> list[tuple[str, list[str]]]:
        """Return the reactions to a message, as many as one can have here."""
        kept: dict[str, list[str]] = {}
        of_user: Counter[str] = Counter()
        for emoji, ids in event.reactions:
            for user in (self._people[id].user for id in ids if id in self._people):
                is_full = emoji not in kept and len(kept) >= MAX_EMOJI
                is_full = is_full or of_user.total() >= MAX_REACTIONS
                if is_full or of_user[user] >= MAX_EMOJI_OF_A_USER or user in kept.get(emoji, ()):
                    self.left_out["reactions above what a message can have"] += 1
                    continue
                of_user[user] += 1
                kept.setdefault(emoji, []).append(user)
        return list(kept.items())


def room_log(
    planned: PlannedRoom,
    writer: Writer,
    events: Iterable[Event],
    *,
    members: Sequence[str],
    owner: str,
    mark: bytes,
) -> RoomLog:
    """Return the log of a room. ``members`` and ``owner`` are users; "" for no owner."""
    lines = writer.write(events)
    source = planned.source
    top, messages = len(lines), writer.messages
    title = line_of(source.title, MAX_TITLE_CHARACTERS)
    settings = RoomSettings(
        title="" if title == planned.room else title,
        topic=line_of(source.topic, MAX_TOPIC_CHARACTERS),
        is_archived=source.is_archived,
    )
    values = [Value(MARK, msgspec.Raw(mark)), _value(SETTINGS, settings)]
    if owner and source.access is not Access.DIRECT:
        values.append(_value(OWNERS, [owner]))
        values.append(_value(f"{MEMBER}{owner}", MemberState(role=RoomRole.OWNER)))
    return RoomLog(
        Room(planned.room, top, messages, folded=True),
        lines,
        values,
        # Since the first entry: members of a private room read what was said since they joined.
        [Member(user, planned.room, top, messages, since=1) for user in members],
    )


def pieces(text: str) -> Iterator[str]:
    """Yield ``text`` in parts that a message can have, cut at ends of lines or words."""
    rest = text.replace("\0", "").strip("\n")
    while len(rest) > MAX_TEXT_CHARACTERS:
        part = rest[:MAX_TEXT_CHARACTERS]
        end = max(part.rfind("\n"), 0) or max(part.rfind(" "), 0) or MAX_TEXT_CHARACTERS
        yield from _checked(rest[:end])
        rest = rest[end:].lstrip("\n ")
    yield from _checked(rest)


def _checked(text: str) -> Iterator[str]:
    try:
        yield check_text(text)
    except InvalidInput:  # nothing of it is visible
        return


def _value(key: str, value: object) -> Value:
    return Value(key, msgspec.Raw(msgspec.json.encode(value)))
