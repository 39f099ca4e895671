"""What a payload says: the text of a message, and who says it. Pure."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import msgspec

T = TypeVar("T")


class Said(NamedTuple):
    """A message to send. An empty ``text``: the event is known, and needs no message.

    ``name`` is who says it by the payload; empty: the webhook itself. ``may_mention``: an @ in the
    text notifies people; what strangers wrote elsewhere does not.
    """

    text: str
    name: str = ""
    may_mention: bool = False


Reader = Callable[[bytes], Said]


def reader(type_: type[T], write: Callable[[T], str]) -> Reader:
    """Return what reads a payload as ``type_`` and has ``write`` make the text of it.

    It raises msgspec's errors.
    """
    decoder = msgspec.json.Decoder(type_)

    def read(payload: bytes) -> Said:
        return Said(write(decoder.decode(payload)))

    return read
