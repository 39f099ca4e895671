"""Folding a log into messages: edits, deletes and reactions applied to what they mean. Pure."""

from collections.abc import Iterable

import msgspec

from chat.protocol.pushes import (
    DeletedBody,
    EditedBody,
    Entry,
    MessageBody,
    ReactionBody,
)


class Message(msgspec.Struct, tag_field="type", tag="message", kw_only=True, omit_defaults=True):
    """A message as it stands now. A deleted one keeps its place, without its text."""

    room: str
    epoch: str
    offset: int
    key: str
    user: str
    name: str
    text: str
    html: str
    time: str
    edited: str | None = None  # when, if it was
    deleted: bool = False
    reactions: dict[str, list[str]] = {}  # emoji -> users, in the order they came


def fold(entries: Iterable[Entry]) -> list[Message]:
    """Return the messages among ``entries``, oldest first, with what ``entries`` say of them.

    ``entries`` are in the order of their offsets. One that means a message which is not among
    them is passed over, so a page of messages needs only the entries that mean its own.
    """
    messages: dict[int, Message] = {}
    for entry in entries:
        body = entry.decode()  # None: a newer version's, which is passed over
        if isinstance(body, MessageBody):
            messages[entry.position.offset] = _message(entry, body)
        elif isinstance(body, EditedBody | DeletedBody | ReactionBody):
            if (message := messages.get(body.target)) is not None:
                _apply(body, message)
    return list(messages.values())


def _message(entry: Entry, body: MessageBody) -> Message:
    return Message(
        room=entry.room,
        epoch=entry.position.epoch,
        offset=entry.position.offset,
        **msgspec.structs.asdict(body),
    )


def _apply(body: EditedBody | DeletedBody | ReactionBody, message: Message) -> None:
    if message.deleted:
        return  # nothing comes after a deletion
    match body:
        case EditedBody():
            message.text, message.html, message.edited = body.text, body.html, body.time
        case DeletedBody():
            message.text = message.html = ""
            message.deleted, message.reactions, message.edited = True, {}, None
        case ReactionBody():
            users = message.reactions.setdefault(body.emoji, [])
            if body.on and body.user not in users:
                users.append(body.user)
            elif not body.on and body.user in users:
                users.remove(body.user)
            if not users:
                del message.reactions[body.emoji]
