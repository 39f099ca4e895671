"""Attachments: opening them, parking them between two polls, and detaching them."""

import random
from itertools import islice
from typing import Final

from chat import log_context
from chat.accounts.bots import KnownBots
from chat.attach.attachment import Attachment, AttachRequest
from chat.attach.catch_up import CatchUp
from chat.attach.presence import Presences
from chat.attach.registry import Registry
from chat.attach.subscribe import Subscriptions
from chat.background import Tasks
from chat.backplane.base import Backplane
from chat.errors import ChatError, Unavailable
from chat.hub.heartbeats import Heartbeats
from chat.hub.hub import Hub
from chat.hub.reader import Reader, Sink
from chat.metrics.counters import DETACH_REASONS, DetachReason, Metrics
from chat.negotiation.evidence import NetworkEvidence
from chat.protocol import codes
from chat.protocol.codes import Disconnect
from chat.protocol.negotiation import Transport
from chat.protocol.outgoing import AnyFraming, Framing, Outgoing
from chat.protocol.pushes import Person, Reply, error_reply
from chat.sessions import ids
from chat.sessions.states import State
from chat.settings.settings import Settings

_FRAMINGS: Final = {
    Transport.WEBSOCKET: Framing.WEBSOCKET,
    Transport.SSE: Framing.SSE,
    Transport.LONGPOLL: Framing.POLL,
    Transport.SOCKJS: Framing.SOCKJS,
}


class Attachments:
    """Attaches, parks and detaches the sessions of this instance."""

    def __init__(
        self,
        settings: Settings,
        *,
        hub: Hub,
        backplane: Backplane,
        secret: bytes,
        metrics: Metrics,
        evidence: NetworkEvidence,
        instance: str = "",
        bots: KnownBots | None = None,
    ) -> None:
        self._hub = hub
        self._heartbeats = Heartbeats(hub)
        self._backplane = backplane
        self._secret = secret
        self._metrics = metrics
        self._evidence = evidence
        self.instance = instance  # the name of this instance, in hello and in logs
        self.registry = Registry()
        self.tasks = Tasks()
        self.presences = Presences(
            hub=hub, backplane=backplane, grace_s=settings.presence_grace_s, on_over=self._close
        )
        self._catch_up = CatchUp(hub, backplane)
        self.subscriptions = Subscriptions(
            settings=settings,
            hub=hub,
            backplane=backplane,
            registry=self.registry,
            presences=self.presences,
            catch_up=self._catch_up,
            heartbeats=self._heartbeats,
            evidence=evidence,
            tasks=self.tasks,
            instance=instance,
            bots=bots or KnownBots(),
        )
        self._dismissal_ms: int | None = None  # the span in which dismissed clients reconnect

    # Attach

    def new_session(self, user: str) -> str:
        # No secret, like an attachment's id; kernel randomness would cost more.
        return ids.new_id(self._secret, user, random.randbytes(9))

    def is_session_of(self, session: str, user: str) -> bool:
        return ids.is_of(session, self._secret, user)

    def open(
        self,
        sink: Sink,
        person: Person,
        transport: Transport,
        session_id: str | None,
        *,
        framing: AnyFraming | None = None,
        address: str = "",
    ) -> Attachment:
        """Attach to a session, ending its older transport; ``framing`` if there are several."""
        is_new = session_id is None or not self.is_session_of(session_id, person.user)
        if session_id is None or is_new:
            session_id = self.new_session(person.user)
        if (older := self.registry.current(session_id)) is not None:
            self._hub.end(older.reader, codes.REPLACED)
            self.detach(older)
        log_context.session_id.set(session_id)
        session = self.registry.session(session_id, person)
        session.enter(State.ATTACHED)
        self.presences.end_grace(session_id)
        reader = Reader(sink, person, framing or _FRAMINGS[transport])
        attachment = Attachment(self, session, reader, transport, address)
        attachment.is_announced = is_new  # nobody else knows of a session that was just made
        self.registry.add(attachment)
        self._metrics.attached(transport)
        return attachment

    async def start(self, attachment: Attachment, request: AttachRequest) -> None:
        """Begin to read: send hello, then the entries after the cursor, then live pushes.

        Return when the reader is live, or gone. Raises Refused ``no_such_room`` before
        anything is written, Unavailable at any time; detach in either case.
        """
        if self.subscriptions.advise(attachment):
            return
        reader = attachment.reader
        try:
            with self._evidence.reading():
                unread = await self.subscriptions.begin(attachment, request)
            self._hub.uncork(reader)
            if attachment.has_new_room:
                self.subscriptions.answer(attachment)
            if self._dismissal_ms is not None:
                self._dismiss(attachment)
            for room in unread:
                await self._catch_up.to_live(reader, room)
        except ChatError as error:
            attachment.failed = _disconnect_for(error)
            raise
        if not reader.is_gone and attachment.transport is not Transport.LONGPOLL:
            attachment.heartbeat = self._heartbeats.start(reader, attachment.heartbeat_s)

    def reply(self, attachment: Attachment, reply: Reply) -> None:
        self._hub.send(attachment.reader, Outgoing.of_reply(reply))

    def fail(self, attachment: Attachment, error: ChatError) -> None:
        """Tell the client why its attach failed, and whether and when to reconnect; then close."""
        if not isinstance(error, Unavailable):  # the goodbye for that says everything
            self.reply(attachment, error_reply(error))
        disconnect, retry_ms = _disconnect_for(error), error.retry_ms or 0
        self._hub.end(attachment.reader, disconnect, retry_ms=retry_ms)

    def reframe(self, attachment: Attachment, framing: AnyFraming) -> None:
        """Write pushes in another framing from now on."""
        self._hub.reframe(attachment.reader, framing)

    async def show_as(self, attachment: Attachment, person: Person) -> None:
        """Show the user of ``attachment`` as present by the name of ``person``, or as away."""
        attachment.session.person = attachment.reader.person = person
        await self.subscriptions.set_present(attachment)

    def flush(self, attachment: Attachment) -> None:
        self._hub.flush_reader(attachment.reader)

    # Detach

    def detach(self, attachment: Attachment, reason: DetachReason = DetachReason.CLOSED) -> None:
        """Stop reading. The session lasts for a grace period, in which its user stays present."""
        if not self.registry.holds(attachment):
            return
        if not attachment.is_parked:
            if (disconnect := attachment.reader.ended or attachment.failed) is not None:
                reason = DETACH_REASONS[disconnect]
            self._record_detach(attachment, reason)
        self._hub.rooms.remove(attachment.reader)
        attachment.on_gone()
        if attachment.heartbeat is not None:
            self._heartbeats.stop(attachment.heartbeat)
        self.registry.remove(attachment)
        user = attachment.session.person.user
        if not self.registry.of_user(user):
            self._backplane.unfollow_user(user)
        self._backplane.unfollow(
            [room for room in attachment.reader.rooms if room not in self._hub.rooms]
        )

    def forget(self, attachment: Attachment) -> None:
        """Close the session of a detached ``attachment``, which nobody can come back to."""
        session = attachment.session
        if session.state is State.DETACHED:
            self.presences.end_grace(session.id)
            self._close(session.id)

    def park(self, attachment: Attachment) -> None:
        """Stop reading, as detach does, but keep what the next poll needs to resume at once."""
        is_over = attachment.reader.ended or attachment.has_new_room
        if is_over or not self.registry.is_current(attachment):
            attachment.detach(DetachReason.ANSWERED)
            return
        self._record_detach(attachment, DetachReason.ANSWERED)
        self._hub.rooms.park(attachment.reader)
        self.registry.set_parked(attachment, True)

    def resume(self, attachment: Attachment) -> bool:
        """Resume a parked attachment; return False if it must attach anew to catch up."""
        session = attachment.session
        if not attachment.is_parked or not self.presences.is_up_to_date(
            session, attachment.reader.rooms
        ):
            return False
        if not self._hub.resume(attachment.reader):
            return False
        self.registry.set_parked(attachment, False)
        self.presences.end_grace(session.id)
        session.enter(State.ATTACHED)
        self._metrics.attached(attachment.transport)
        return True

    def _record_detach(self, attachment: Attachment, reason: DetachReason) -> None:
        session = attachment.session
        self._metrics.detached(attachment.transport, reason)
        if reason is DetachReason.SLOW_CONSUMER:
            self._evidence.shed(session.id)
        # Not rooms with unwritten pushes, which may include a presence: it has not seen those.
        rooms = [r for r in attachment.reader.rooms if not self._hub.rooms.has_unwritten(r)]
        self.presences.note_seen(session, rooms)
        if self.registry.is_current(attachment):
            session.enter(State.DETACHED)
            self.presences.begin_grace(session.id)

    def dismiss(self, count: int | None = None, *, spread_ms: int = 0) -> int:
        """Say goodbye to ``count`` readers and parked polls, or all; return how many are left.

        The goodbye asks them to reconnect at random moments within ``spread_ms``. Clients that
        attach from now on get it too, as soon as their first pages after the cursor are sent.
        """
        self._dismissal_ms = spread_ms
        for attachment in tuple(islice(self.registry.attachments, count)):
            self._dismiss(attachment)
            self.detach(attachment)
        return len(self.registry.attachments)

    def _dismiss(self, attachment: Attachment) -> None:
        assert self._dismissal_ms is not None
        self._hub.end(attachment.reader, codes.SHUTDOWN, spread_ms=self._dismissal_ms)

    def _close(self, session_id: str) -> None:
        """Close a session whose grace period is over."""
        session = self.registry.forget(session_id)
        if (parked := self.registry.current(session_id)) is not None:
            self.detach(parked)
        session.enter(State.CLOSED)
        self.presences.forget(session)
        self.tasks.start(self.presences.set(session, ()))

    async def stop(self) -> None:
        """Dismiss all clients, end all grace periods, and wait for running tasks."""
        self.dismiss()
        self.presences.stop()
        await self.tasks.finish()

    # Rooms

    def readers_by_room(self) -> dict[str, int]:
        """Return the number of readers of each room here, parked polls included."""
        return {name: len(live) + live.parked for name, live in self._hub.rooms.items()}

    @property
    def rooms(self) -> int:
        """The number of rooms that have readers here."""
        return len(self._hub.rooms)


def _disconnect_for(error: ChatError) -> Disconnect:
    return codes.FAILED if isinstance(error, Unavailable) else codes.REFUSED
