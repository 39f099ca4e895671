"""One SockJS session over HTTP: queues pushes between two requests, for some seconds."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from sockjs.tornado import SockJSConnection, SockJSRouter
from sockjs.tornado.session import Session

from chat.attach.attachment import AttachRequest
from chat.errors import ChatError
from chat.protocol import codes
from chat.protocol.codes import Disconnect
from chat.protocol.negotiation import Transport
from chat.protocol.pushes import Person
from chat.requests.caller import Dependencies
from chat.transports.socket_sink import LOW_WATER_BYTES

log: Final = logging.getLogger(__name__)

_SETTINGS: Final = {
    "jsessionid": False,  # a balancer finds the instance by the path: docs/transports.md
    "verify_ip": False,  # the cookie identifies the client, and phones change their address
    "response_limit": 128 << 10,  # of a stream: a browser keeps all of it in memory
    "disconnect_delay": 5,  # seconds without a request, after which a session is over
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The person who opened a session, their address, and their request to attach."""

    person: Person
    request: AttachRequest
    ip: str
    has_cookie: bool  # and so is identified by it from then on


class TransportHandler(Protocol):
    """A request that carries a session for now: a handler of sockjs-tornado's, extended."""

    has_one_answer: bool

    def send_pack(self, message: str) -> None:
        """Send one of SockJS's frames."""

    @property
    def unsent_bytes(self) -> int:
        """The number of bytes of its answer that the kernel has not taken."""

    def drop(self) -> None:
        """Close the connection at once and discard everything unsent."""


class SockJsSession(Session):
    """A session with a bounded queue: the hub reads its length and ends slow consumers."""

    handler: TransportHandler | None
    conn_info: Opening
    send_queue: str

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.turn = asyncio.Lock()  # for requests with commands, in order of arrival
        self._drained: asyncio.Future[None] | None = None  # awaited above LOW_WATER_BYTES

    @property
    def unsent_bytes(self) -> int:
        under_way = 0 if self.handler is None else self.handler.unsent_bytes
        return len(self.send_queue) + under_way  # the queue is ASCII

    async def drained(self) -> None:
        """Wait until few bytes are unsent, or the session is closed."""
        while not self.is_closed and self.unsent_bytes > LOW_WATER_BYTES:
            if self._drained is None:
                self._drained = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._drained)

    def drop(self) -> None:
        """Discard everything unsent, and close the current connection at once."""
        self.send_queue = ""
        if self.handler is not None:
            self.handler.drop()

    # Overrides of sockjs-tornado's methods

    def flush(self) -> None:
        super().flush()
        self._release()

    def remove_handler(self, handler: TransportHandler) -> None:
        super().remove_handler(handler)
        self._release()

    def close(self, code: int = 3000, message: str = "Go away!") -> None:
        if self.handler is not None and self.send_queue and not self.handler.has_one_answer:
            # A stream sends the queue last. With polling the next poll gets the queue, and the one
            # after it the reason for the close.
            self.handler.send_pack(f"a[{self.send_queue}]")
            self.send_queue = ""
        super().close(code, message)
        self._release()

    def start_heartbeat(self) -> None:
        """Do nothing: Parley's heartbeats come more often, and this timer would outlive a poll."""

    def _release(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)


class SessionSink:
    """Adapts a session to the hub's Sink."""

    def __init__(self, session: SockJsSession) -> None:
        self._session = session

    def write(self, chunk: bytes) -> int:
        self._session.send_jsonified(chunk.decode("ascii"))
        return self._session.unsent_bytes

    async def drained(self) -> None:
        await self._session.drained()

    def ping(self) -> bytes:
        """Return nothing: a request being answered can't reply; a dead client stops reading."""
        return b""

    def end(self, disconnect: Disconnect) -> None:
        if disconnect is codes.SLOW_CONSUMER:  # waiting would keep its unsent bytes in memory
            self._session.drop()
        self._session.close(*disconnect)


class Chat(SockJSConnection):
    """Attaches a session, to read the rooms of the person who opened it."""

    session: SockJsSession

    def __init__(self, dependencies: Dependencies, session: SockJsSession) -> None:
        super().__init__(session)
        self._dependencies = dependencies

    def on_open(self, opening: Opening) -> None:
        self._person = opening.person
        self._attachment = self._dependencies.attachments.open(
            SessionSink(self.session),
            opening.person,
            Transport.SOCKJS,
            opening.request.session,
            address=opening.ip,
        )
        self._starting = asyncio.get_running_loop().create_task(self._start(opening.request))

    def on_close(self) -> None:
        self._attachment.detach()

    async def carry_out(self, commands: Sequence[str]) -> None:
        """Execute ``commands``; their replies are sent among the pushes."""
        replies = await self._dependencies.service.answer_all(
            self._person, commands, self._attachment.address
        )
        for reply in replies:
            if reply is not None:
                self._dependencies.attachments.reply(self._attachment, reply)

    async def _start(self, request: AttachRequest) -> None:
        try:
            await self._dependencies.attachments.start(self._attachment, request)
        except ChatError as error:
            self._dependencies.attachments.fail(self._attachment, error)
        except Exception:
            log.exception("A SockJS session could not begin to read")
            self.session.close(*codes.FAILED)


class _Uncounted:
    """Replaces sockjs-tornado's statistics; chat.metrics.counters counts instead.

    Those fail when a session ends on another transport than the one it began on.
    """

    def _ignore(self, what: object = None) -> None:
        pass

    on_sess_opened = on_sess_closed = on_conn_opened = on_conn_closed = _ignore
    on_pack_sent = on_pack_recv = _ignore


class Sessions:
    """The sessions of this instance, between start and stop."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies

    def start(self) -> None:
        self.router = SockJSRouter(
            partial(Chat, self._dependencies), user_settings=_SETTINGS, session_kls=SockJsSession
        )
        self.router.stats._callback.stop()
        self.router.stats = _Uncounted()

    def stop(self) -> None:
        self.router._sessions_cleanup.stop()

    def __len__(self) -> int:
        return len(self.router._sessions._items)

    def get(self, session_id: str) -> SockJsSession | None:
        """Return an open or just closed session, or None."""
        session: SockJsSession | None = self.router.get_session(session_id)
        return session
