"""One SockJS session over requests: keeps what is said between two of them, for seconds."""

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from sockjs.tornado import SockJSConnection, SockJSRouter
from sockjs.tornado.session import Session

from chat.attach.attachment import Request
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
    "verify_ip": False,  # who asks is known by the cookie, and phones change their address
    "response_limit": 128 << 10,  # of a stream: a browser keeps all of it in memory
    "disconnect_delay": 5,  # seconds without a request, after which a session is over
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Who opened a session, from where, and what for."""

    person: Person
    wish: Request
    ip: str
    has_cookie: bool  # and so is known by it from then on


class TransportHandler(Protocol):
    """A request that carries a session for now: one of sockjs-tornado's handlers, made ours."""

    has_one_answer: bool

    def send_pack(self, message: str) -> None:
        """Send one of SockJS's frames."""

    @property
    def unsent_bytes(self) -> int:
        """How much of its answer the network has not taken."""

    def drop(self) -> None:
        """Let go of the connection and of everything unsent."""


class SockJsSession(Session):
    """A session whose queue has an end: the hub is told of it, and sheds who is over its limit."""

    handler: TransportHandler | None
    conn_info: Opening
    send_queue: str

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.turn = asyncio.Lock()  # whose commands are carried out; first come, first served
        self._drained: asyncio.Future[None] | None = None  # awaited while there is much unsent

    @property
    def unsent_bytes(self) -> int:
        under_way = 0 if self.handler is None else self.handler.unsent_bytes
        return len(self.send_queue) + under_way  # what is queued is ASCII

    async def drained(self) -> None:
        """Return when there is little left unsent, or the session is closed."""
        while not self.is_closed and self.unsent_bytes > LOW_WATER_BYTES:
            if self._drained is None:
                self._drained = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._drained)

    def drop(self) -> None:
        """Forget everything unsent, and let go of the connection under way."""
        self.send_queue = ""
        if self.handler is not None:
            self.handler.drop()

    # As sockjs-tornado's

    def flush(self) -> None:
        super().flush()
        self._release()

    def remove_handler(self, handler: TransportHandler) -> None:
        super().remove_handler(handler)
        self._release()

    def close(self, code: int = 3000, message: str = "Go away!") -> None:
        if self.handler is not None and self.send_queue and not self.handler.has_one_answer:
            # The last that a stream brings; a poll's next brings it, and the one after that why.
            self.handler.send_pack(f"a[{self.send_queue}]")
            self.send_queue = ""
        super().close(code, message)
        self._release()

    def start_heartbeat(self) -> None:
        """Parley's own heartbeats come more often; and a timer of its would outlive each poll."""

    def _release(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)


class SessionSink:
    """A session as the hub's sink."""

    def __init__(self, session: SockJsSession) -> None:
        self._session = session

    def write(self, chunk: bytes) -> int:
        self._session.send_jsonified(chunk.decode("ascii"))
        return self._session.unsent_bytes

    async def drained(self) -> None:
        await self._session.drained()

    def ping(self) -> bytes:
        """Requests have no way up while they are answered; who is gone takes nothing."""
        return b""

    def end(self, disconnect: Disconnect) -> None:
        if disconnect is codes.SLOW_CONSUMER:  # waiting for it would keep what it holds up
            self._session.drop()
        self._session.close(*disconnect)


class Chat(SockJSConnection):
    """What a session is about: reading the rooms of who opened it."""

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
            opening.wish.session,
            address=opening.ip,
        )
        self._starting = asyncio.get_running_loop().create_task(self._start(opening.wish))

    def on_close(self) -> None:
        self._attachment.detach()

    async def carry_out(self, command: str) -> None:
        """Carry out ``command``; its reply comes with the pushes."""
        reply = await self._dependencies.service.answer(
            self._person, command, self._attachment.address
        )
        if reply is not None:
            self._dependencies.attachments.reply(self._attachment, reply)

    async def _start(self, wish: Request) -> None:
        try:
            await self._dependencies.attachments.start(self._attachment, wish)
        except ChatError as error:
            self._dependencies.attachments.fail(self._attachment, error)
        except Exception:
            log.exception("A SockJS session could not begin to read")
            self.session.close(*codes.FAILED)


class _Uncounted:
    """In the place of sockjs-tornado's statistics: chat.metrics.counters counts.

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
        """Return a session that was opened, and perhaps closed just now."""
        session: SockJsSession | None = self.router.get_session(session_id)
        return session
