"""What the search index has of a message: its id, and its words. Pure."""

import zlib
from functools import lru_cache
from typing import Final, NamedTuple

from chat.protocol.entries import EditedBody, MessageBody
from chat.rooms.access import Access, access_of
from chat.rooms.in_words import in_words
from chat.rooms.search_query import moment_ms
from chat.rooms.words import plain_words

# An id has the time in milliseconds in its upper bits. The rest tells those of one millisecond
# apart, by their places rather than by their number, which would tell of others' messages.
PLACE_BITS: Final = 20
_OFFSET_BITS: Final = 10
# The word of all rooms that everybody may find; each room has its own word, too.
PUBLIC: Final = "public"

Row = tuple[int, str, str, str]  # a message's id; the words of its text, author and place


class Room(NamedTuple):
    """A room's number in the index, the words of its place, and its bits in ids."""

    number: int
    place: str
    bits: int


def room_of(name: str, number: int) -> Room:
    """Return the room that has this ``number`` in the index."""
    own = f"r{number}"
    place = f"{own} {PUBLIC}" if access_of(name) is Access.PUBLIC else own
    bits = zlib.crc32(b"%d" % number) & ((1 << PLACE_BITS - _OFFSET_BITS) - 1)
    return Room(number, place, bits << _OFFSET_BITS)


def id_of(room: Room, offset: int, time: str) -> int:
    """Return the id of a message, unless another one has it: then it is the next one."""
    # Those that were sent together have one time: in a room they stand in their order.
    return _ms(time) << PLACE_BITS | room.bits | offset & ((1 << _OFFSET_BITS) - 1)


@lru_cache(maxsize=1024)  # the times of one batch
def _ms(time: str) -> int:
    try:
        return max(0, moment_ms(time))
    except (ValueError, OverflowError):
        return 0


def _words(text: str) -> str:
    return " ".join(plain_words(text))


@lru_cache(maxsize=1024)  # those who talk now: it takes a tenth of indexing a message
def _author(name: str, user: str) -> str:
    return f"{_words(name)} {user_word(user)}"


def row_of(room: Room, id_: int, body: MessageBody | EditedBody) -> Row:
    return id_, _words(in_words(body.text, body.files)), _author(body.name, body.user), room.place


def user_word(user: str) -> str:
    """Return the one word of a user's id."""
    return "id" + "".join(filter(str.isalnum, user))
