"""Notifications for readers: of mentions, replies, direct messages and invites."""

from chat.hub.reader import Reader
from chat.protocol.cursor import format_position
from chat.protocol.entries import Entry, JoinedBody
from chat.protocol.outgoing import Outgoing
from chat.protocol.pushes import Notification, skeleton_of
from chat.rooms.access import Access, access_of
from chat.rooms.in_words import in_words
from chat.rooms.notifying import kind_for


def push_of(entry: Entry) -> Outgoing:
    """Return the push of ``entry``, with what it takes to notify people of it."""
    return Outgoing.of_entry(entry, is_direct=access_of(entry.room) is Access.DIRECT)


def notification_of(push: Outgoing, reader: Reader) -> bytes | None:
    """Return the notification of ``push`` in ``reader``'s framing; None if it is not for them."""
    cause, position, user = push.notifying, push.position, reader.person.user
    if cause is None or position is None:
        return None
    if isinstance(cause, JoinedBody):
        if cause.user != user or cause.by is None or push.is_direct:  # there, a message will
            return None
        notification = Notification(
            kind="invite",
            room=push.room,
            key=format_position(push.room, position),
            offset=position.offset,
            user=cause.by,
            name=cause.by_name or "",
            skeleton=skeleton_of(cause.by_name or ""),
            text="",
        )
    else:
        if (kind := kind_for(cause, user, is_direct=push.is_direct)) is None:
            return None
        notification = Notification(
            kind=kind,
            room=push.room,
            key=format_position(push.room, position),
            offset=position.offset,
            user=cause.user,
            name=cause.name,
            skeleton=cause.skeleton,
            text=in_words(cause.text, cause.files),
        )
    return Outgoing.of_push(notification).framed(reader.framing)
