"""Who may find and read a room, and what is set of it and of its members. Pure.

The name of a room says its access, so no answer to a guessed name can tell whether there is such
a room, and no lookup is needed to keep somebody out.
"""

import secrets
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from chat.rooms.roles import RoomRole


class Access(StrEnum):
    """Who may find and read a room."""

    PUBLIC = "public"  # in the directory; everybody may read and join
    UNLISTED = "unlisted"  # whoever knows its name may read and join
    PRIVATE = "private"  # its members read it, and make others members
    DIRECT = "direct"  # the people that it was made for, for ever


PREFIXES: Final[Mapping[Access, str]] = {
    Access.UNLISTED: "u-",
    Access.PRIVATE: "p-",
    Access.DIRECT: "d-",
}
_BY_PREFIX: Final = {prefix: access for access, prefix in PREFIXES.items()}
# 80 random bits in 16 characters of base 32: nobody finds one of a million rooms by guessing.
_NAME_CHARACTERS: Final = 16
_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"

# The keys of a room's records: its RoomSettings, and a MemberState of each that is not the default.
SETTINGS: Final = "settings"
MEMBER: Final = "member/"
# Others: the ids of its owners, who are never all gone; and in slow mode when each said something.
OWNERS: Final = "owners"
SAID: Final = "said/"
# And the offset of the message that a file was sent in, by the id of the file.
FILE: Final = "file/"


def access_of(room: str) -> Access:
    """Return the access of the room with this name, whether or not it exists."""
    return _BY_PREFIX.get(room[:2], Access.PUBLIC)


def is_closed(room: str) -> bool:
    """Return whether only its members may know of a room with this name."""
    return access_of(room) in (Access.PRIVATE, Access.DIRECT)


def new_name(access: Access, seed: bytes | None = None) -> str:
    """Return a name for a new room that is not public.

    It is random, or made of ``seed``: 16 bytes or more that nobody else can know.
    """
    seed = seed or secrets.token_bytes(_NAME_CHARACTERS)
    random = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in seed[:_NAME_CHARACTERS])
    return f"{PREFIXES[access]}{random}"


class RoomSettings(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The settings of a room; those of a room without a record are the defaults."""

    title: str = ""  # "": the name is shown
    topic: str = ""
    is_locked: bool = False  # only moderators and owners send
    is_archived: bool = False  # nobody does
    slow_mode_s: int = 0  # the shortest time between two messages of a member; 0: none
    keep_messages: int | None = None  # None: as the server's settings say
    keep_days: int | None = None
    is_removed: bool = False  # it is about to be gone: nobody writes, joins or finds it


class MemberState(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What is set of a person in a room. Times are in seconds since 1970; 0 is over."""

    role: RoomRole = RoomRole.MEMBER
    muted_until_s: float = 0
    banned_until_s: float = 0
    reason: str = ""  # of the mute or ban
