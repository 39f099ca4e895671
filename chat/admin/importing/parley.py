"""Reads rooms that another Parley has written with ``admin rooms export``."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from chat.admin.importing import interchange
from chat.admin.importing.interchange import EventLine, Head, PersonLine, RoomLine, Tail
from chat.admin.importing.source import BadExport, Event, Kind, Names, SourcePerson, SourceRoom
from chat.protocol.unicode.emoji import as_emoji
from chat.rooms.access import Access


class ParleyExport:
    """A ``Source``. The whole file is checked when it is opened."""

    name = "parley"

    def __init__(self, path: Path) -> None:
        """Open ``path``. Raises BadExport."""
        self._path = path
        self._people: dict[str, SourcePerson] = {}
        self._places: dict[str, tuple[int, int]] = {}  # of each room: where its events begin; line
        self.rooms: Sequence[SourceRoom] = list(self._look_through())

    @property
    def people(self) -> Mapping[str, SourcePerson]:
        """Do as Source does."""
        return self._people

    def events(self, room: SourceRoom, names: Names, left_out: Counter[str]) -> Iterator[Event]:
        """Do as Source does."""
        for number, _, line in self._lines(*self._places[room.id]):
            if isinstance(line, EventLine):
                if line.author not in self._people:
                    raise BadExport(f"{self._path}, line {number}: nobody is {line.author!r}.")
                yield self._event(line, number, left_out)
            elif not isinstance(line, PersonLine):
                return

    def _event(self, line: EventLine, number: int, left_out: Counter[str]) -> Event:
        try:
            kind = Kind(line.kind)
            time_s = datetime.fromisoformat(line.time).timestamp()
            edited_s = datetime.fromisoformat(line.edited).timestamp() if line.edited else None
        except (ValueError, OverflowError) as error:
            raise BadExport(f"{self._path}, line {number}: {error}.") from error
        known = [(as_emoji(emoji), users) for emoji, users in line.reactions]
        left_out["reactions that are no emoji"] += sum(emoji is None for emoji, _ in known)
        return Event(
            id=line.id,
            author=line.author,
            time_s=time_s,
            kind=kind,
            text="\n".join(filter(None, (line.text, *line.files))),
            mentions=line.mentions,
            reply_to=line.reply_to,
            reactions=[(emoji, users) for emoji, users in known if emoji is not None],
            edited_s=edited_s,
        )

    def _look_through(self) -> Iterator[SourceRoom]:
        """Yield the rooms, and note the people and places."""
        number, line = 0, None
        for number, end, line in self._lines(0, 0):
            if number == 1 and not isinstance(line, Head):
                break
            match line:
                case Head() if line.format > interchange.FORMAT:
                    raise BadExport(f"{self._path} was written by a newer version of Parley.")
                case PersonLine():
                    self._people[line.id] = SourcePerson(
                        line.id, [line.name], is_bot=line.is_bot, has_account=line.has_account
                    )
                case RoomLine() if line.id in self._places:
                    raise BadExport(f"{self._path}, line {number}: {line.id} is there twice.")
                case RoomLine():
                    self._places[line.id] = (end, number)
                    yield self._room(line, number)
                case Tail() if line.lines == number - 1:
                    return
        if number == 0 or not self._places:
            raise BadExport(f"{self._path} was not written by `admin rooms export`.")
        raise BadExport(f"{self._path} was cut short after line {number}.")

    def _room(self, line: RoomLine, number: int) -> SourceRoom:
        try:
            access = Access(line.access)
        except ValueError as error:
            raise BadExport(f"{self._path}, line {number}: {error}.") from error
        return SourceRoom(
            id=line.id,
            title=line.title,
            topic=line.topic,
            access=access,
            members=line.members,
            owner=line.owner,
            is_archived=line.is_archived,
        )

    def _lines(self, place: int, number: int) -> Iterator[tuple[int, int, interchange.Line]]:
        """Yield the lines from ``place`` on: the number of each, where it ends, and itself."""
        try:
            with self._path.open("rb") as file:
                file.seek(place)
                while raw := file.readline(interchange.MAX_LINE_BYTES):
                    number += 1
                    place += len(raw)
                    yield number, place, interchange.decoder.decode(raw)
        except OSError as error:
            raise BadExport(f"{self._path} can't be read ({error.strerror}).") from error
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise BadExport(f"{self._path}, line {number}: {error}.") from error
