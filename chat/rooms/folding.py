"""Folding entries into messages: what was not yet applied when it was stored, too. Pure."""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import UNSET, UnsetType

from chat.protocol.pushes import (
    DeletedBody,
    EditedBody,
    Entry,
    MessageBody,
    ReactionBody,
    skeleton_of,
)
from chat.rooms.amendments import Reactions
from chat.unicode.emoji import as_emoji


class Message(msgspec.Struct, tag_field="type", tag="message", kw_only=True, omit_defaults=True):
    """A message as it stands now. A deleted one keeps its place, without its text."""

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
    time: str
    edited: str | None = None  # when, if it was
    deleted: bool = False
    reactions: dict[str, list[str]] = {}  # emoji -> users, in the order they came


def fold(
    entries: Iterable[Entry], reactions: Mapping[int, Reactions] | None = None
) -> list[Message]:
    """Return the messages among ``entries``, oldest first, with what ``entries`` say of them.

    ``entries`` are in the order of their offsets. One that means a message which is not among
    them is passed over, so a page of messages needs only the entries that mean its own, and of
    those only the ones that are not applied to it already. ``reactions`` are those that were
    applied, by the message's offset.
    """
    reactions = reactions or {}
    messages: dict[int, Message] = {}
    for entry in entries:
        body = entry.decode()  # None: a newer version's, which is passed over
        if isinstance(body, MessageBody):
            messages[entry.position.offset] = _message(entry, body, reactions)
        elif isinstance(body, EditedBody | DeletedBody | ReactionBody):
            if (message := messages.get(body.target)) is not None:
                _apply(body, message)
    return list(messages.values())


def _message(entry: Entry, body: MessageBody, reactions: Mapping[int, Reactions]) -> Message:
    return Message(
        room=entry.room,
        epoch=entry.position.epoch,
        offset=entry.position.offset,
        reactions={emoji: list(users) for emoji, users in reactions.get(entry.position.offset, ())},
        **msgspec.structs.asdict(body) | {"skeleton": skeleton_of(body.name)},
    )


def _apply(body: EditedBody | DeletedBody | ReactionBody, message: Message) -> None:
    if message.deleted:
        return  # nothing comes after a deletion
    match body:
        case EditedBody(superseded=True):
            pass  # a later one, or a deletion, took its place
        case EditedBody():
            message.text, message.html, message.edited = body.text, body.html, body.time
            message.mentions = body.mentions
        case DeletedBody():
            message.text = message.html = ""
            message.mentions = []
            message.deleted, message.reactions, message.edited = True, {}, None
        case ReactionBody():
            _react(body, message)


def _react(body: ReactionBody, message: Message) -> None:
    emoji = as_emoji(body.emoji)
    if emoji is None:
        return  # stored by a version that took any text
    users = message.reactions.setdefault(emoji, [])
    if body.on and body.user not in users:
        users.append(body.user)
    elif not body.on and body.user in users:
        users.remove(body.user)
    if not users:
        del message.reactions[emoji]
