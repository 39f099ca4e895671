"""Folds the entries of a log into messages. Pure."""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import UNSET, UnsetType

from chat.protocol.entries import Entry, FileInfo, MessageBody
from chat.protocol.pushes import skeleton_of
from chat.rooms.amendments import Reactions


class Message(msgspec.Struct, tag_field="type", tag="message", kw_only=True, omit_defaults=True):
    """The current form of a message. A deleted one keeps its offset, without its text."""

    room: str
    epoch: str
    offset: int
    key: str
    user: str
    name: str
    skeleton: str | UnsetType = UNSET
    text: str
    html: str
    mentions: list[str] = []  # users
    reply_to: int | None = None  # an offset
    reply_user: str | None = None  # the author of that message
    files: list[FileInfo] = []
    time: str
    edited: str | None = None  # when, if it was
    deleted: bool = False
    reactions: dict[str, list[str]] = {}  # emoji -> users, in the order they came


def fold(
    entries: Iterable[Entry], reactions: Mapping[int, Reactions] | None = None
) -> list[Message]:
    """Return the messages among ``entries``, in current form, with ``reactions`` by offset."""
    reactions = reactions or {}
    messages = []
    for entry in entries:
        body = entry.decode()
        if isinstance(body, MessageBody):
            messages.append(_message(entry, body, reactions))
    return messages


def _message(entry: Entry, body: MessageBody, reactions: Mapping[int, Reactions]) -> Message:
    return Message(
        room=entry.room,
        epoch=entry.position.epoch,
        offset=entry.position.offset,
        reactions={emoji: list(users) for emoji, users in reactions.get(entry.position.offset, ())},
        **msgspec.structs.asdict(body) | {"skeleton": skeleton_of(body.name)},
    )
