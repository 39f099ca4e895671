"""What every export is read as: people, rooms, and what happened in each room."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol

from chat.rooms.access import Access


class BadExport(Exception):
    """The export can't be read; the text says where, and what is wrong there."""


class SourcePerson(NamedTuple):
    id: str
    names: Sequence[str]  # what they may be called here, the best first
    is_bot: bool = False
    has_account: bool = True  # gets an account here


class SourceRoom(NamedTuple):
    id: str
    title: str
    topic: str = ""
    access: Access = Access.PUBLIC
    members: Sequence[str] = ()
    owner: str = ""
    is_archived: bool = False


class Kind(Enum):
    MESSAGE = "message"
    JOINED = "joined"
    LEFT = "left"


@dataclass(slots=True, kw_only=True)
class Event:
    """Something that happened in a room. ``id`` is its own there; a reply names it."""

    id: str
    author: str
    time_s: float
    kind: Kind = Kind.MESSAGE
    text: str = ""
    mentions: Sequence[str] = ()
    reply_to: str | None = None
    reactions: Sequence[tuple[str, Sequence[str]]] = ()  # each emoji with its people
    edited_s: float | None = None


class Names(NamedTuple):
    """What people and rooms of the source are called here; texts name them so."""

    people: Mapping[str, str]
    rooms: Mapping[str, str]


class Source(Protocol):
    """An export that was opened. All methods may raise BadExport."""

    name: str  # of the kind of source; names that are taken get it
    rooms: Sequence[SourceRoom]

    @property
    def people(self) -> Mapping[str, SourcePerson]:
        """Return the people by their ids; those who only speak are known when they have."""

    def events(self, room: SourceRoom, names: Names, left_out: Counter[str]) -> Iterator[Event]:
        """Yield what happened in ``room``, in order; count in ``left_out`` what has no place here.

        Can be called again.
        """
