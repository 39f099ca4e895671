"""Notifications for readers: a message mentions them, or somebody has made them a member."""

from chat.hub.reader import Reader
from chat.protocol.outgoing import Outgoing
from chat.protocol.pushes import JoinedBody, Notification, skeleton_of


def notification_of(push: Outgoing, reader: Reader) -> bytes | None:
    """Return the notification of ``push`` in ``reader``'s framing; None if it is not for them."""
    cause, position, user = push.notifying, push.position, reader.person.user
    if cause is None or position is None:
        return None
    if isinstance(cause, JoinedBody):
        if cause.user != user or cause.by is None:
            return None
        notification = Notification(
            kind="invite",
            room=push.room,
            offset=position.offset,
            user=cause.by,
            name=cause.by_name or "",
            skeleton=skeleton_of(cause.by_name or ""),
            text="",
        )
    else:
        if user not in cause.mentions:
            return None
        notification = Notification(
            kind="mention",
            room=push.room,
            offset=position.offset,
            user=cause.user,
            name=cause.name,
            skeleton=cause.skeleton,
            text=cause.text,
        )
    return Outgoing.of_push(notification).framed(reader.framing)
