"""Folds a whole log into messages, as a client that reads all of it does.

Tests compare the messages that the server keeps with these.
"""

from collections.abc import Iterable

from chat.protocol.entries import DeletedBody, EditedBody, Entry, ReactionBody
from chat.protocol.unicode.emoji import as_emoji
from chat.rooms.folding import Message, fold


def fold_log(entries: Iterable[Entry]) -> list[Message]:
    """Return the messages among ``entries``, changed as later ``entries`` say."""
    messages: dict[int, Message] = {}
    for entry in entries:
        body = entry.decode()  # None: of a newer version, skipped
        if isinstance(body, EditedBody | DeletedBody | ReactionBody):
            if (message := messages.get(body.target)) is not None:
                _apply(body, message)
        else:
            messages |= {message.offset: message for message in fold([entry])}
    return list(messages.values())


def _apply(body: EditedBody | DeletedBody | ReactionBody, message: Message) -> None:
    if message.deleted:
        return  # nothing changes a deleted message
    match body:
        case EditedBody(superseded=True):
            pass  # a later edit, or a deletion, replaced it
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
        return  # stored by a version that accepted any text
    users = message.reactions.setdefault(emoji, [])
    if body.on and body.user not in users:
        users.append(body.user)
    elif not body.on and body.user in users:
        users.remove(body.user)
    if not users:
        del message.reactions[emoji]
