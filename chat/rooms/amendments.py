"""Applies edits, deletions and reactions to a message. Pure.

A message is stored in its current form, beside the entries that changed it. So a text that was
deleted or replaced is nowhere in the log, and a page of history reads only what it shows.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeGuard

import msgspec

from chat.errors import ChatError, InvalidInput, Missing, Refused
from chat.protocol.codes import Code
from chat.protocol.entries import Body, DeletedBody, EditedBody, MessageBody, ReactionBody
from chat.protocol.unicode.emoji import as_emoji

# More different emoji under one message are noise to its readers. Slack allows 50 and 23.
MAX_EMOJI: Final = 20
MAX_EMOJI_OF_A_USER: Final = 10
# A message is read with all its reactions: this many are some 20 KB.
MAX_REACTIONS: Final = 1000

Amendment = EditedBody | DeletedBody | ReactionBody
# Each emoji with its users, both in order of arrival.
Reactions = Sequence[tuple[str, list[str]]]
_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(list[tuple[str, list[str]]])


class Standing(NamedTuple):
    """The current form of a message, with its reactions."""

    body: MessageBody
    reactions: Reactions = ()


class Unchanged(Exception):
    """The change has no effect on the message; store nothing."""


def amended(message: Standing, change: Amendment) -> Standing:
    """Return ``message`` with ``change`` applied.

    Raises Unchanged if it has no effect; Refused ``forbidden`` if the message is deleted;
    InvalidInput ``too_long`` if it would exceed a limit on reactions.
    """
    body = message.body
    if body.deleted:
        raise Refused(Code.FORBIDDEN, f"The message at {change.target} was deleted.")
    match change:
        case EditedBody():
            if change.text == body.text:
                raise Unchanged
            edited = msgspec.structs.replace(
                body,
                text=change.text,
                html=change.html,
                mentions=change.mentions,
                edited=change.time,
            )
            return message._replace(body=edited)
        case DeletedBody():
            gone = msgspec.structs.replace(
                body, text="", html="", mentions=[], files=[], edited=None, deleted=True
            )
            return Standing(gone)
        case ReactionBody():
            return message._replace(reactions=_reacted(message.reactions, change))


def superseded(body: EditedBody) -> EditedBody:
    """Return an edit without its text, which a later edit or a deletion has replaced."""
    return msgspec.structs.replace(body, text="", html="", mentions=[], files=[], superseded=True)


def is_amendment(body: Body | None) -> TypeGuard[Amendment]:
    return isinstance(body, EditedBody | DeletedBody | ReactionBody)


def in_current_form(change: Amendment) -> Amendment:
    """Return ``change`` with its emoji in this version's form; raise Unchanged if it is none."""
    if not isinstance(change, ReactionBody):
        return change
    if (emoji := as_emoji(change.emoji)) is None:
        raise Unchanged  # stored by a version that accepted any text
    return msgspec.structs.replace(change, emoji=emoji)


def has_text_of(body: Body | None, change: EditedBody) -> bool:
    """Return whether ``body`` is a message whose text is that of ``change``."""
    return isinstance(body, MessageBody) and not body.deleted and body.edited == change.time


def encode_reactions(reactions: Reactions) -> bytes:
    return _encoder.encode(reactions)


def decode_reactions(encoded: bytes | None) -> Reactions:
    return _decoder.decode(encoded) if encoded else ()


def no_message(target: int, room: str) -> ChatError:
    return Missing(Code.BAD_COMMAND, f"There is no message at {target} in {room}.")


def _reacted(reactions: Reactions, change: ReactionBody) -> Reactions:
    by_emoji = {emoji: list(users) for emoji, users in reactions}
    users = by_emoji.get(change.emoji, [])
    if (change.user in users) == change.on:
        raise Unchanged
    if change.on:
        own = sum(change.user in others for others in by_emoji.values())
        total = sum(map(len, by_emoji.values()))
        is_full = change.emoji not in by_emoji and len(by_emoji) >= MAX_EMOJI
        if is_full or own >= MAX_EMOJI_OF_A_USER or total >= MAX_REACTIONS:
            raise InvalidInput(
                Code.TOO_LONG,
                f"A message has at most {MAX_EMOJI} different emoji, {MAX_EMOJI_OF_A_USER} of one "
                f"person and {MAX_REACTIONS} reactions.",
            )
        by_emoji[change.emoji] = [*users, change.user]
    else:
        users.remove(change.user)
        if not users:
            del by_emoji[change.emoji]
    return list(by_emoji.items())
