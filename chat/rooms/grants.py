"""What the token of a bot allows: scopes, and rooms. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """A kind of acts; each is granted by itself."""

    READ = "read"  # find, read, join and leave rooms
    SEND = "send"  # also edit and delete one's own messages, react, upload, report
    MANAGE = "manage"  # make rooms, and what moderators and owners do, as far as it is one there


@dataclass(frozen=True, slots=True)
class Grant:
    """What a bot may do, if its rank in a room allows it as well. ``rooms``: None for all."""

    scopes: frozenset[Scope]
    rooms: frozenset[str] | None = None

    def covers(self, room: str) -> bool:
        return self.rooms is None or room in self.rooms
