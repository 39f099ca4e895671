"""Notifications for readers whose users a message mentions."""

from chat.hub.reader import Reader
from chat.protocol.outgoing import Outgoing
from chat.protocol.pushes import Notification


def mention(push: Outgoing, reader: Reader) -> bytes | None:
    """Return the notification of ``push`` in ``reader``'s framing; None if it is not mentioned."""
    message, position = push.message, push.position
    if message is None or position is None or reader.person.user not in message.mentions:
        return None
    notification = Notification(
        kind="mention",
        room=push.room,
        offset=position.offset,
        user=message.user,
        name=message.name,
        skeleton=message.skeleton,
        text=message.text,
    )
    return Outgoing.of_push(notification).framed(reader.framing)
