"""Attachments: how they come, rest between two polls, and go."""

import random
from itertools import islice
from typing import Final

from chat import log_context
from chat.attach.attachment import Attachment, Request
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
from chat.metrics.counters import DEPARTURES, Departure, Metrics
from chat.negotiation.evidence import NetworkEvidence
from chat.protocol import codes
from chat.protocol.codes import Disconnect
from chat.protocol.negotiation import Transport
from chat.protocol.outgoing import Framing, Outgoing
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
    """The attached sessions of this instance."""

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
    ) -> None:
        self._hub = hub
        self._heartbeats = Heartbeats(hub)
        self._backplane = backplane
        self._secret = secret
        self._metrics = metrics
        self._evidence = evidence
        self.instance = instance  # tells instances apart, in hello and in logs
        self.registry = Registry()
        self.tasks = Tasks()
        self.presences = Presences(
            hub=hub,
            backplane=backplane,
            grace_s=settings.presence_grace_s,
            on_over=self._close,
        )
        self._catch_up = CatchUp(hub, backplane)
        self.subscriptions = Subscriptions(
            settings,
            hub=hub,
            backplane=backplane,
            registry=self.registry,
            presences=self.presences,
            catch_up=self._catch_up,
            evidence=evidence,
            tasks=self.tasks,
            instance=instance,
        )
        self._dismissal_ms: int | None = None  # over how long those come back who are sent away

    # Coming

    def new_session(self, user: str) -> str:
        """Return a fresh session id for ``user``."""
        # No secret, as the attachment's; the kernel's randomness is dearer.
        return ids.new_id(self._secret, user, random.randbytes(9))

    def is_session_of(self, session: str, user: str) -> bool:
        """Return whether ``user`` may carry ``session`` on."""
        return ids.is_of(session, self._secret, user)

    def open(
        self,
        sink: Sink,
        person: Person,
        transport: Transport,
        session_id: str | None,
        *,
        framing: Framing | None = None,
        address: str = "",
    ) -> Attachment:
        """Have ``transport`` carry a session; an older transport of it is told to go.

        ``framing`` is how it writes, if it has more than one way; ``address`` is the client's.
        """
        if session_id is None or not self.is_session_of(session_id, person.user):
            session_id = self.new_session(person.user)
        if (older := self.registry.current(session_id)) is not None:
            self._hub.end(older.reader, codes.REPLACED)
            self.detach(older)
        log_context.session_id.set(session_id)
        session = self.registry.session(session_id, person)
        session.enter(State.ATTACHED)
        self.presences.end_grace(session_id)
        reader = Reader(sink, person, framing or _FRAMINGS[transport])
        attachment = Attachment(self, session, reader, transport)
        attachment.address = address
        self.registry.add(attachment)
        self._metrics.attached(transport)
        return attachment

    async def start(self, attachment: Attachment, request: Request) -> None:
        """Begin to read: hello, then what came after the cursor, then what comes.

        Returns when the reader is live, or gone. Raises Refused ``no_such_room`` before
        anything is written, Unavailable at any time; detach in either case.
        """
        if self.subscriptions.advise(attachment):
            return
        reader = attachment.reader
        try:
            with self._evidence.reading():
                unread = await self.subscriptions.begin(attachment, request)
            self._hub.uncork(reader)
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
        """Send the answer to a command that came by this transport."""
        self._hub.send(attachment.reader, Outgoing.of_reply(reply))

    def fail(self, attachment: Attachment, error: ChatError) -> None:
        """Say why this attach did not work out, and whether and when to come back; then close."""
        if not isinstance(error, Unavailable):  # else the goodbye says it all
            self.reply(attachment, error_reply(error))
        disconnect, retry_ms = _disconnect_for(error), error.retry_ms or 0
        self._hub.end(attachment.reader, disconnect, retry_ms=retry_ms)

    def settle(self, attachment: Attachment) -> None:
        """Send what is pending for ``attachment``, now."""
        self._hub.settle(attachment.reader)

    # Going

    def detach(self, attachment: Attachment, departure: Departure = Departure.CLOSED) -> None:
        """Stop reading. The session stays for a grace, in which its user is still present."""
        if not self.registry.holds(attachment):
            return
        if not attachment.is_parked:
            if (disconnect := attachment.reader.ended or attachment.failed) is not None:
                departure = DEPARTURES[disconnect]
            self._depart(attachment, departure)
        self._hub.remove(attachment.reader)
        attachment.on_gone()
        if attachment.heartbeat is not None:
            self._heartbeats.stop(attachment.heartbeat)
        self.registry.remove(attachment)
        user = attachment.session.person.user
        if not self.registry.of_user(user):
            self._backplane.unfollow_user(user)
        self._backplane.unfollow(
            [room for room in attachment.reader.rooms if not self._hub.is_read(room)]
        )

    def park(self, attachment: Attachment) -> None:
        """Stop reading, as detach does, but keep what the next poll needs to go on at once."""
        if attachment.reader.ended or not self.registry.is_current(attachment):
            attachment.detach(Departure.ANSWERED)
            return
        self._depart(attachment, Departure.ANSWERED)
        self._hub.park(attachment.reader)
        self.registry.set_parked(attachment, True)

    def resume(self, attachment: Attachment) -> bool:
        """Have a parked attachment read on; return False where it has missed something."""
        session = attachment.session
        if not attachment.is_parked or not self.presences.is_up_to_date(
            session, attachment.reader.rooms
        ):
            return False
        if not self._hub.rejoin(attachment.reader):
            return False
        self.registry.set_parked(attachment, False)
        self.presences.end_grace(session.id)
        session.enter(State.ATTACHED)
        self._metrics.attached(attachment.transport)
        return True

    def _depart(self, attachment: Attachment, departure: Departure) -> None:
        """Nothing carries the session now, unless something newer does."""
        session = attachment.session
        self._metrics.detached(attachment.transport, departure)
        if departure is Departure.SLOW_CONSUMER:
            self._evidence.shed(session.id)
        # What still waits it has not seen: that may tell who is here now.
        rooms = attachment.reader.rooms
        self.presences.seen(session, [room for room in rooms if not self._hub.is_due(room)])
        if self.registry.is_current(attachment):
            session.enter(State.DETACHED)
            self.presences.begin_grace(session.id)

    def dismiss(self, count: int | None = None, *, spread_ms: int = 0) -> int:
        """Say goodbye to ``count`` of those who are here, or to all; return how many are left.

        Those are readers, and polls that are expected again.

        They are told to come back at random moments within ``spread_ms``. So is who attaches from
        now on, as soon as it has what came after its cursor.
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
        """The grace is over: nobody came back for this session."""
        session = self.registry.forget(session_id)
        if (parked := self.registry.current(session_id)) is not None:
            self.detach(parked)
        session.enter(State.CLOSED)
        self.tasks.start(self.presences.set(session, ()))

    async def stop(self) -> None:
        """Forget all sessions and wait for what is under way."""
        self.dismiss()
        self.presences.stop()
        await self.tasks.finish()

    # What is read here

    def readers_by_room(self) -> dict[str, int]:
        """Return how many read each room here, those between two polls too."""
        return self._hub.readers_by_room()

    @property
    def rooms(self) -> int:
        """How many rooms are read here."""
        return self._hub.rooms


def _disconnect_for(error: ChatError) -> Disconnect:
    return codes.FAILED if isinstance(error, Unavailable) else codes.REFUSED
