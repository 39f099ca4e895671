"""Signals: what instances send each other by pub/sub besides the logs' entries.

A user's channel carries changes that concern the user's sessions; a room's that its presence has
changed, that somebody is typing or that the room is gone; the channel of all instances that there
are new blocks.
"""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from chat.background import Tasks
from chat.backplane.listener import Listener
from chat.backplane.redis.blocklist import NEW_BLOCKS, BlocklistLog
from chat.backplane.redis.feed import SUBSCRIBED, Feed
from chat.backplane.redis.pipelines import Command
from chat.backplane.redis.presence import PRESENCE_CHANGED, Leases
from chat.backplane.redis.removal import REMOVED
from chat.backplane.redis.store import Store
from chat.protocol.cursor import Position
from chat.protocol.pushes import Notification, Push, Read, Typing


class Joined(msgspec.Struct, tag="joined"):
    """The user has a membership, beginning after this position; a new one, if not repeated."""

    room: str
    epoch: str
    offset: int
    is_repeated: bool = False


class Left(msgspec.Struct, tag="left"):
    room: str


class Attached(msgspec.Struct, tag="attached"):
    session: str
    attachment: str


class MarkedRead(msgspec.Struct, tag="read"):
    read: Read


class Notified(msgspec.Struct, tag="notified"):
    notification: Notification


UserSignal = Joined | Left | Attached | MarkedRead | Notified

_user_signals: Final = msgspec.json.Decoder(UserSignal)
_typing: Final = msgspec.json.Decoder(Typing)
_TYPING: Final = b"typing "


@dataclass(frozen=True, kw_only=True)
class Signals:
    """Sends signals, and passes on those that ``feed`` receives."""

    store: Store
    publish: str
    listener: Listener
    feed: Feed
    leases: Leases
    blocklist: BlocklistLog
    _leaving: Tasks = field(default_factory=Tasks)

    async def send(self, user: str, signal: UserSignal) -> None:
        """Send ``signal`` to the instances that have sessions of ``user``. Raises Unavailable."""
        await self.store.run(*self._command(user, signal))

    def tell_attached(self, user: str, attached: Attached) -> None:
        """Send ``attached`` before any later command, and wait for nothing.

        It goes with what the attach reads next, and fails with it.
        """
        self.store.tell(self._command(user, attached), of="Who took a session over")

    def _command(self, user: str, signal: UserSignal) -> Command:
        payload = user.encode() + b"\n" + msgspec.json.encode(signal)
        return (self.publish, self.store.keys.user_feed(user), payload)

    async def send_to_room(self, room: str, push: Push) -> None:
        """Send ``push`` to the instances that have readers of ``room``. Raises Unavailable."""
        await self.store.run(self.publish, self.store.keys.feed(room), _TYPING + push.encode())

    def receive(self, channel: str, payload: bytes) -> None:
        if channel == self.store.keys.all_instances:
            if payload == NEW_BLOCKS:
                self.blocklist.read_soon()
            elif payload == SUBSCRIBED:
                self.blocklist.read_again()
        elif (room := self.feed.room_of(channel)) is None and payload == SUBSCRIBED:
            self.listener.on_missed(self.store.keys.user_of(channel))
        elif room is None:
            user, _, encoded = payload.partition(b"\n")
            self._receive_for_user(user.decode(), encoded)
        elif payload == REMOVED:
            self.feed.remove(room)
        elif payload == PRESENCE_CHANGED:
            self.leases.pushes.changed(room)
        elif payload.startswith(_TYPING):
            self.listener.on_room_push(room, _typing.decode(payload[len(_TYPING) :]))

    async def stop(self) -> None:
        await self._leaving.cancel()

    def _receive_for_user(self, user: str, encoded: bytes) -> None:
        try:
            signal = _user_signals.decode(encoded)
        except msgspec.DecodeError:  # from a newer version, or of a room that was just let go
            return
        match signal:
            case Joined(room, epoch, offset, is_repeated):
                since = Position(epoch, offset)
                self.listener.on_joined(user, room, since, is_repeated=is_repeated)
            case Left(room):
                self._leaving.start(self._on_left(user, room))
            case Attached(session, attachment):
                self.listener.on_attached(user, session, attachment)
            case MarkedRead(push) | Notified(push):
                self.listener.on_user_push(user, push)

    async def _on_left(self, user: str, room: str) -> None:
        await self.feed.delivered(room)  # deliver the ``left`` entry first
        # Not on_left: what is told later may have overtaken this.
        self.listener.on_missed(user, left=room)
