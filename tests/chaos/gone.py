"""Judges whether what was deleted stays deleted, and who is given what of rooms. Pure.

The promises: the text of a deleted message, and whatever was said in a removed room, is in no
answer to a request that was begun after the deletion was acknowledged, and is given to nobody after
they were told of it. Who knows that they are in a room is told of its removal. Nobody is given a
text of a private room whose member they are not. Nothing is left of a removed room.
"""

import enum
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from chat.rooms.access import is_closed


class Kind(enum.StrEnum):
    ASK = "ask"  # a reader begins a request, or attaches
    JOIN = "join"  # it is told that it is in a room
    GIVE = "give"  # it is given a text of a room
    TELL = "tell"  # it is told that a text, or without one a room, is gone
    GONE = "gone"  # the deletion of a text, or without one of a room, was acknowledged


class Event(NamedTuple):
    kind: Kind
    who: str
    room: str = ""
    text: str = ""
    request: str = ""  # the reader's transport, or a request of its own beside that


@dataclass
class Gone:
    """How much was deleted and given, and what is wrong."""

    messages: int = 0
    rooms: int = 0
    given: int = 0
    shown: list[str] = field(default_factory=list)  # although it was gone
    leaks: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        return [*self.shown, *self.leaks, *self.untold, *self.left_over]

    def __str__(self) -> str:
        return (
            f"{self.messages} messages and {self.rooms} rooms deleted, {self.given} texts given: "
            f"{len(self.shown)} after their deletion, {len(self.leaks)} to somebody who was no "
            f"member; {len(self.untold)} members not told, {len(self.left_over)} keys left"
        )


def judge(
    history: Sequence[Event], members: Mapping[str, Set[str]], left_over: Sequence[str] = ()
) -> Gone:
    """Return what is wrong; the history ends when all readers had time to catch up.

    ``members`` has the readers who are in each room that was made, from its beginning to its end;
    ``left_over`` are the keys of removed rooms that are stored after that.
    """
    verdict = Gone(left_over=list(left_over))
    gone: set[tuple[str, str]] = set()  # acknowledged
    gone_at_ask: defaultdict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    told: defaultdict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    is_in: defaultdict[str, set[str]] = defaultdict(set)
    for event in history:
        about, reading = (event.room, event.text), (event.who, event.request)
        match event.kind:
            case Kind.ASK:
                gone_at_ask[reading] = set(gone)
            case Kind.JOIN:
                is_in[event.who].add(event.room)
            case Kind.TELL:
                told[reading].add(about)
                if not event.text:
                    is_in[event.who].discard(event.room)
            case Kind.GONE:
                gone.add(about)
            case Kind.GIVE:
                verdict.given += 1
                where = f"{event.who} {event.request}: {event.text} of {event.room}"
                forms = {about, (event.room, "")}
                if forms & gone_at_ask[reading]:
                    verdict.shown.append(f"{where}, asked for after it was gone")
                elif forms & told[reading]:
                    verdict.shown.append(f"{where}, after they were told that it is gone")
                if is_closed(event.room) and event.who not in members[event.room]:
                    verdict.leaks.append(f"{where}, who is no member")
    rooms = {room for room, text in gone if not text}
    verdict.rooms, verdict.messages = len(rooms), len(gone) - len(rooms)
    verdict.untold = [
        f"{who}: was not told that {room} is gone"
        for who, joined in is_in.items()
        for room in sorted(joined & rooms)
    ]
    return verdict
