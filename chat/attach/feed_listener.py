"""Passes events of the live feed on to the readers attached to this instance."""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from chat.accounts.access import AccessControl
from chat.accounts.blocklist import Block, is_device_id
from chat.accounts.identity import is_guest
from chat.attach.attachment import Attachment
from chat.attach.attachments import Attachments
from chat.backplane.base import Backplane
from chat.backplane.directory import Directory
from chat.errors import ChatError, Refused, Unavailable
from chat.hub.hub import Hub
from chat.hub.notifications import push_of
from chat.net.addresses import is_address_id
from chat.protocol import codes
from chat.protocol.codes import Code, Disconnect
from chat.protocol.cursor import Position
from chat.protocol.entries import Entry, LeftBody
from chat.protocol.outgoing import Outgoing
from chat.protocol.pushes import Notification, Presence, Push, Rooms, error_reply
from chat.rooms.access import is_closed

log: Final = logging.getLogger(__name__)

# The mean time between attempts while the store is away, as in the Redis feed.
COMPARE_AGAIN_S: Final = 0.5


class FeedListener:
    """Handles the live feed for ``attachments``: implements chat.backplane.listener.Listener."""

    def __init__(
        self,
        attachments: Attachments,
        *,
        hub: Hub,
        backplane: Backplane,
        directory: Directory,
        access: AccessControl,
        on_stored: Callable[[Sequence[Entry]], None] = lambda entries: None,
    ) -> None:
        """Call ``on_stored`` with all entries, after readers have them; it must not raise."""
        self._attachments = attachments
        self._hub = hub
        self._backplane = backplane
        self._directory = directory
        self._access = access
        self._on_stored = on_stored
        # The users whose rooms are being compared; True: to be read, once more.
        self._unsure: dict[str, bool] = {}

    def on_entries(self, entries: Sequence[Entry]) -> None:
        self._directory.note(entries)
        for entry in entries:
            if entry.room in self._hub.rooms:  # somebody reads it here
                self._hub.dispatch(entry.room, push_of(entry))
            if entry.kind == LeftBody.kind and is_closed(entry.room):
                self._shut_out(entry)
        self._on_stored(entries)

    def _shut_out(self, entry: Entry) -> None:
        """End the reading of somebody who has left or was removed, before the next entry."""
        body = entry.decode()
        assert body is not None  # this version knows the kind
        reading = [
            attachment
            for attachment in self._attachments.registry.of_user(body.user)
            if (position := attachment.reader.positions.get(entry.room)) is not None
            # A reader beyond this entry has come back since then. All are looked at before one is
            # ended, which writes this entry to the others and moves them on.
            and position.offset < entry.position.offset
        ]
        for attachment in reading:
            self._end_reading(attachment, entry.room)

    def _end_reading(self, attachment: Attachment, room: str) -> None:
        if attachment.is_parked:  # its next poll must read the memberships again
            self._attachments.detach(attachment)
            return
        self._hub.unsubscribe(attachment.reader, room)
        if room not in self._hub.rooms:
            self._backplane.unfollow([room])
        self._attachments.tasks.start(self._attachments.subscriptions.set_present(attachment))

    def on_reset(self, room: str, position: Position) -> None:
        self._hub.reset(room, position)

    def on_room_push(self, room: str, push: Push) -> None:
        if isinstance(push, Presence):
            self._attachments.presences.dispatch(push)
        else:
            self._hub.dispatch(room, Outgoing.of_push(push))

    def on_user_push(self, user: str, push: Push) -> None:
        if isinstance(push, Notification) and not self._access.bots.may_read(user, push.room):
            return
        self._tell_user(user, push)

    def _tell_user(self, user: str, push: Push) -> None:
        outgoing = Outgoing.of_push(push)
        for attachment in self._attachments.registry.of_user(user):
            self._tell(attachment, outgoing)

    def _tell(self, attachment: Attachment, push: Outgoing) -> None:
        if attachment.is_hello_sent:
            self._hub.send(attachment.reader, push)

    def on_joined(
        self, user: str, room: str, since: Position, *, is_repeated: bool = False
    ) -> None:
        if not self._access.bots.may_read(user, room):
            return
        for attachment in self._attachments.registry.of_user(user):
            if is_repeated and (attachment.only_rooms or room in attachment.reader.rooms):
                continue  # to those who know it, it is no news
            if attachment.only_rooms:
                self._tell(attachment, Outgoing.of_push(Rooms(room=room, is_member=True)))
            elif attachment.is_parked:  # its next poll must read the memberships again
                self._attachments.detach(attachment)
            else:
                add = self._attachments.subscriptions.add_room
                _after_hello(attachment, partial(add, attachment, room, since))

    def on_attached(self, user: str, session: str, attachment: str) -> None:
        """Detach a session that has attached to another instance.

        Announcements that come before our own has come back are older than ours: ignore them.
        """
        current = self._attachments.registry.current(session)
        if current is None:
            return
        if current.id == attachment:
            current.is_announced = True
        elif current.is_announced:
            self._hub.end(current.reader, codes.REPLACED)
            self._attachments.detach(current)

    def on_left(self, user: str, room: str) -> None:
        for attachment in self._attachments.registry.of_user(user):
            _after_hello(attachment, partial(self._leave, attachment, room))

    def _leave(self, attachment: Attachment, room: str) -> None:
        # Who has asked for a room that is open goes on as a visitor.
        is_asked_for = bool(attachment.only_rooms) and not is_closed(room)
        if room in attachment.reader.rooms and not is_asked_for:
            self._end_reading(attachment, room)
        self._tell(attachment, Outgoing.of_push(Rooms(room=room, is_member=False)))

    def on_missed(self, user: str) -> None:
        is_comparing = user in self._unsure
        if self._attachments.registry.of_user(user):
            self._unsure[user] = True
            if not is_comparing:
                self._attachments.tasks.start(self._compare_until_sure(user))

    async def _compare_until_sure(self, user: str) -> None:
        """Compare until it was possible, and nothing was missed since, or nobody reads any more."""
        try:
            while self._unsure[user] and self._attachments.registry.of_user(user):
                self._unsure[user] = False
                try:
                    await self._compare_rooms(user)
                except Unavailable as error:
                    log.info("Which rooms %s is in could not be read: %s", user, error)
                    self._unsure[user] = True
                    await asyncio.sleep(COMPARE_AGAIN_S * (0.5 + random.random()))
        finally:
            del self._unsure[user]

    async def _compare_rooms(self, user: str) -> None:
        """Have the readers of ``user`` read the rooms that they are in now, and no others."""
        memberships = {m.room: m for m in await self._backplane.memberships(user)}
        reading = [a.reader for a in self._attachments.registry.of_user(user)]
        for room in memberships.keys() - set().union(*(r.rooms for r in reading)):
            since = await self._backplane.member_since(user, room)
            if since is not None:
                epoch = memberships[room].position.epoch
                self.on_joined(user, room, Position(epoch, max(0, since - 1)))
        for room in set().union(*(reader.rooms for reader in reading)) - memberships.keys():
            self.on_left(user, room)

    def on_removed(self, room: str) -> None:
        """End the reading of ``room``, which is gone, whether joined or not."""
        self._directory.forget(room)
        if room not in self._hub.rooms:
            return
        push = Outgoing.of_push(Rooms(room=room, is_member=False))
        for attachment in tuple(self._attachments.registry.attachments):
            if room in attachment.reader.rooms:
                if attachment.is_hello_sent:
                    self._hub.send(attachment.reader, push)
                self._end_reading(attachment, room)

    def on_block(self, block: Block) -> None:
        """End the transports of the user or address that ``block`` shuts out."""
        self._access.apply(block)
        if self._access.is_over(block):
            return
        registry = self._attachments.registry
        if is_address_id(block.who):
            blocked = [
                a for a in registry.attachments if self._access.id_of(a.address) == block.who
            ]
        elif is_device_id(block.who):
            user, _, device = block.who.partition("/")
            blocked = [a for a in registry.of_user(user) if a.session.person.device == device]
        else:
            blocked = list(registry.of_user(block.who))
        for attachment in blocked:
            self._end(attachment, block.refusal, block.disconnect)
        if block.addresses_s:
            for address in {attachment.address for attachment in blocked}:
                self._attachments.tasks.start(self._block_address(block, address))

    def end_guests(self) -> None:
        """End the transports of everybody who has no account."""
        error = Refused(Code.UNAUTHORIZED, "Only members come in here: sign in first.")
        for attachment in tuple(self._attachments.registry.attachments):
            if is_guest(attachment.session.person):
                self._end(attachment, error, codes.REFUSED)

    def _end(self, attachment: Attachment, error: ChatError, disconnect: Disconnect) -> None:
        if not attachment.is_parked:
            self._attachments.reply(attachment, error_reply(error))
            self._hub.end(attachment.reader, disconnect)
        self._attachments.detach(attachment)

    async def _block_address(self, block: Block, address: str) -> None:
        try:
            await self._backplane.block(self._access.address_block(block, address))
        except Unavailable as error:
            log.warning("An address of %s could not be kept out: %s", block.who, error)


def _after_hello(attachment: Attachment, change: Callable[[], None]) -> None:
    """Make a change to the rooms of ``attachment`` now, or when its hello has listed them."""
    if attachment.is_hello_sent:
        change()
    else:
        attachment.late.append(change)
