"""Passes events of the live feed on to the readers attached to this instance."""

import logging
from collections.abc import Callable, Sequence
from typing import Final

from chat.accounts.access import AccessControl
from chat.accounts.blocklist import Block, is_device_id
from chat.accounts.identity import is_guest
from chat.attach.attachment import Attachment
from chat.attach.attachments import Attachments
from chat.attach.memberships import ReadMemberships
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
        self._memberships = ReadMemberships(
            attachments, hub=hub, backplane=backplane, bots=access.bots
        )

    def on_entries(self, entries: Sequence[Entry]) -> None:
        self._directory.note(entries)
        for entry in entries:
            if entry.room in self._hub.rooms:  # somebody reads it here
                self._hub.dispatch(entry.room, push_of(entry))
            if entry.kind == LeftBody.kind and is_closed(entry.room):
                self._memberships.shut_out(entry)
        self._on_stored(entries)

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
        self._memberships.joined(user, room, since, is_repeated=is_repeated)

    def on_left(self, user: str, room: str) -> None:
        self._memberships.left(user, room)

    def on_missed(self, user: str, *, left: str | None = None) -> None:
        self._memberships.missed(user, left)

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
                self._memberships.end(attachment, room)

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
