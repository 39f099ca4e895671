"""Who is notified of a message, and why. Pure."""

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from chat.protocol.entries import MessageBody


class Level(StrEnum):
    """What somebody wants to be notified of in a room."""

    ALL = "all"
    MENTIONS = "mentions"  # and replies
    NOTHING = "nothing"


class Kind(StrEnum):
    """Why somebody is notified of a message."""

    MENTION = "mention"
    REPLY = "reply"
    DIRECT = "direct"
    MESSAGE = "message"  # any, in a room of which somebody wants all


class Notified(NamedTuple):
    user: str
    kind: Kind


# A direct room has no other messages than those for the people in it.
DEFAULT: Final = Level.MENTIONS
DEFAULT_IN_DIRECT: Final = Level.ALL


def default_level(*, is_direct: bool) -> Level:
    return DEFAULT_IN_DIRECT if is_direct else DEFAULT


def kind_for(
    message: MessageBody, user: str, *, is_direct: bool, level: Level | None = None
) -> Kind | None:
    """Return why ``user`` is notified of ``message``, None if they are not.

    ``level`` is what they chose for the room; None: nothing.
    """
    if level is None:
        level = default_level(is_direct=is_direct)
    if level is Level.NOTHING or user == message.user or message.deleted:
        return None
    if user in message.mentions:
        return Kind.MENTION
    if user == message.reply_user:
        return Kind.REPLY
    if level is Level.ALL:
        return Kind.DIRECT if is_direct else Kind.MESSAGE
    return None


def notified(
    message: MessageBody,
    levels: Mapping[str, Level],
    *,
    members: Collection[str],
    is_direct: bool,
) -> Iterator[Notified]:
    """Yield everybody who is notified of ``message``, each once.

    ``levels`` are those that people chose for the room; ``members`` are needed of a direct one.
    """
    wanting = [user for user, level in levels.items() if level is Level.ALL]
    asked = [*message.mentions, *([message.reply_user] if message.reply_user else [])]
    for user in dict.fromkeys([*asked, *wanting, *(members if is_direct else ())]):
        kind = kind_for(message, user, is_direct=is_direct, level=levels.get(user))
        if kind is not None:
            yield Notified(user, kind)
