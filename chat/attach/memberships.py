"""The rooms that a user's attachments read: those that the user is a member of, and no others.

What instances tell each other of memberships may be lost, and may come in another order than it
happened: who was removed and invited again may hear of the removal last. So it is a hint: a
membership that has begun is read at once, since reading checks it; of an end the store is asked.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from chat.accounts.bots import KnownBots
from chat.attach.attachment import Attachment
from chat.attach.attachments import Attachments
from chat.backplane.base import Backplane
from chat.errors import Unavailable
from chat.hub.hub import Hub
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry
from chat.rooms.access import is_closed

log: Final = logging.getLogger(__name__)

# The mean time between attempts while the store is away, as in the Redis feed.
COMPARE_AGAIN_S: Final = 0.5


@dataclass(slots=True)
class _Comparison:
    """A comparison of what a user reads with the store, which goes on until it is certain."""

    left: set[str] = field(default_factory=set)  # rooms that the user is said to have left
    is_outdated: bool = True  # something was heard since the store was asked


class ReadMemberships:
    """Begins and ends the reading of rooms as memberships begin and end."""

    def __init__(
        self, attachments: Attachments, *, hub: Hub, backplane: Backplane, bots: KnownBots
    ) -> None:
        self._attachments = attachments
        self._hub = hub
        self._backplane = backplane
        self._bots = bots
        self._comparing: dict[str, _Comparison] = {}  # by user

    def joined(self, user: str, room: str, since: Position, *, is_repeated: bool = False) -> None:
        """Have ``user`` read ``room`` after ``since``; if repeated, only where it is not read."""
        if (comparison := self._comparing.get(user)) is not None:
            comparison.is_outdated = True
        self._join(user, room, since, is_repeated=is_repeated)

    def left(self, user: str, room: str) -> None:
        """End the reading of ``room`` and tell the clients so."""
        if (comparison := self._comparing.get(user)) is not None:
            comparison.is_outdated = True
        for attachment in self._attachments.registry.of_user(user):
            _after_hello(attachment, partial(self._leave, attachment, room))

    def missed(self, user: str, left: str | None = None) -> None:
        """Compare what ``user`` reads with the store; tell the clients of ``left`` if it holds."""
        if (comparison := self._compare(user)) is not None and left is not None:
            comparison.left.add(left)

    def shut_out(self, left: Entry) -> None:
        """End the reading of somebody who has left or was removed, before the next entry.

        They may have come back since, and that may have been heard before this.
        """
        body = left.decode()
        assert body is not None  # this version knows the kind
        reading = [
            attachment
            for attachment in self._attachments.registry.of_user(body.user)
            if (position := attachment.reader.positions.get(left.room)) is not None
            # A reader beyond this entry has come back since then. All are looked at before one is
            # ended, which writes this entry to the others and moves them on.
            and position.offset < left.position.offset
        ]
        for attachment in reading:
            self.end(attachment, left.room)
        if reading:
            self._compare(body.user)

    def end(self, attachment: Attachment, room: str) -> None:
        """End the reading of ``room`` by ``attachment``."""
        if attachment.is_parked:  # its next poll must read the memberships again
            self._attachments.detach(attachment)
            return
        self._hub.unsubscribe(attachment.reader, room)
        if room not in self._hub.rooms:
            self._backplane.unfollow([room])
        self._attachments.tasks.start(self._attachments.subscriptions.set_present(attachment))

    def _join(self, user: str, room: str, since: Position, *, is_repeated: bool) -> None:
        if not self._bots.may_read(user, room):
            return
        for attachment in self._attachments.registry.of_user(user):
            _after_hello(
                attachment, partial(self._add, attachment, room, since, is_repeated=is_repeated)
            )

    def _add(
        self, attachment: Attachment, room: str, since: Position, *, is_repeated: bool
    ) -> None:
        is_known = attachment.only_rooms or attachment.has_new_room  # the next poll reads them all
        if is_repeated and (is_known or room in attachment.reader.rooms):
            return  # to those who know it, it is no news
        if attachment.only_rooms:
            self._attachments.subscriptions.tell(attachment.reader, room, is_member=True)
        elif attachment.is_parked:  # its next poll must read the memberships again
            self._attachments.detach(attachment)
        else:
            self._attachments.subscriptions.add_room(attachment, room, since)

    def _leave(self, attachment: Attachment, room: str) -> None:
        # Who has asked for a room that is open goes on as a visitor.
        is_asked_for = bool(attachment.only_rooms) and not is_closed(room)
        if room in attachment.reader.rooms and not is_asked_for:
            self.end(attachment, room)
        self._attachments.subscriptions.tell(attachment.reader, room, is_member=False)

    def _compare(self, user: str) -> _Comparison | None:
        """Begin to compare, or compare once more; return None if nobody reads."""
        if not self._attachments.registry.of_user(user):
            return None
        comparison = self._comparing.get(user)
        if comparison is None:
            comparison = self._comparing[user] = _Comparison()
            self._attachments.tasks.start(self._compare_until_certain(user, comparison))
        comparison.is_outdated = True
        return comparison

    async def _compare_until_certain(self, user: str, comparison: _Comparison) -> None:
        """Compare until nothing was heard meanwhile, or nobody reads any more."""
        try:
            while comparison.is_outdated and self._attachments.registry.of_user(user):
                comparison.is_outdated = False
                try:
                    await self._compare_once(user, comparison)
                except Unavailable as error:
                    log.info("Which rooms %s is in could not be read: %s", user, error)
                    comparison.is_outdated = True
                    await asyncio.sleep(COMPARE_AGAIN_S * (0.5 + random.random()))
        finally:
            del self._comparing[user]

    async def _compare_once(self, user: str, comparison: _Comparison) -> None:
        """Have the attachments of ``user`` read the rooms that the store says, and no others."""
        memberships = {m.room: m for m in await self._backplane.memberships(user)}
        begun: dict[str, Position] = {}
        for room in self._unread(user, memberships.keys()):
            since = await self._backplane.member_since(user, room)
            if since is not None:
                begun[room] = Position(memberships[room].position.epoch, max(0, since - 1))
        if comparison.is_outdated:
            return
        for room, position in begun.items():
            self._join(user, room, position, is_repeated=True)
        for attachment in self._attachments.registry.of_user(user):
            if not attachment.is_hello_sent:  # its hello may list what was read before this
                attachment.late.append(partial(self.missed, user))
                continue
            for room in (_joined_rooms(attachment) | comparison.left) - memberships.keys():
                self._leave(attachment, room)
        comparison.left.clear()

    def _unread(self, user: str, rooms: Set[str]) -> set[str]:
        """Return those of ``rooms`` that an attachment of ``user`` should read and does not."""
        unread: set[str] = set()
        for attachment in self._attachments.registry.of_user(user):
            if attachment.is_hello_sent and not attachment.only_rooms:
                unread.update(rooms - attachment.reader.rooms)
        return unread


def _joined_rooms(attachment: Attachment) -> set[str]:
    """Return the rooms that ``attachment`` may read only as a member."""
    return {r for r in attachment.reader.rooms if is_closed(r) or not attachment.only_rooms}


def _after_hello(attachment: Attachment, change: Callable[[], None]) -> None:
    """Make a change to the rooms of ``attachment`` now, or when its hello has listed them."""
    if attachment.is_hello_sent:
        change()
    else:
        attachment.late.append(change)
