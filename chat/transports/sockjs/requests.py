"""SockJS over HTTP: sockjs-tornado's polls and streams, with our checks before each."""

import secrets
from typing import Final

from sockjs.tornado.transports import (
    EventSourceTransport,
    XhrPollingTransport,
    XhrStreamingTransport,
)
from tornado.web import HTTPError, RequestHandler

from chat.attach.admission import FULL_RETRY_MS
from chat.errors import InvalidInput, Unavailable
from chat.protocol.codes import Code
from chat.protocol.negotiation import Transport
from chat.protocol.sockjs import messages
from chat.requests.caller import Dependencies
from chat.requests.handler import Handler
from chat.transports.sockjs.session import Opening, Sessions, SockJsSession

# A session between two requests holds no connection, and lives 5 s; only attacks reach this number.
MAX_SESSIONS: Final = 10_000


class GreetingHandler(Handler):
    """Answers that SockJS is available here."""

    def prepare(self) -> None:
        """Skip the identification: this answer needs no guest."""

    def get(self) -> None:
        self.set_header("Content-Type", "text/plain; charset=UTF-8")
        self.finish("Welcome to SockJS!\n")


class InfoHandler(Handler):
    """Answers the first request: creates the guest to whom all the client's transports belong."""

    def get(self) -> None:
        self.send_json(
            {
                "websocket": Transport.WEBSOCKET in self.dependencies.settings.transports,
                "cookie_needed": True,
                "origins": ["*:*"],  # as every server says; origins are checked per request
                "entropy": secrets.randbits(32),
            }
        )


class SessionHandler(Handler):
    """A request of a session, which only the person who opened it may use."""

    is_routine = True

    def initialize(self, dependencies: Dependencies, sessions: Sessions) -> None:  # type: ignore[override]
        super().initialize(dependencies)
        self.sessions = sessions

    @property
    def is_new_guest(self) -> bool:
        """Whether the session is new: a client without cookies continues as its opener."""
        return self.sessions.get(self.path_kwargs["session_id"]) is None

    def find(self, session_id: str) -> SockJsSession | None:
        """Return the session, or None if there is none. Raises 404 for another person's.

        A client that keeps no cookies is recognized by its address and its session's id, which it
        chose itself and which nobody else knows.
        """
        session = self.sessions.get(session_id)
        if session is None:
            return None
        opening = session.conn_info
        if not self.is_newcomer:
            is_same = self.person.user == opening.person.user
        else:
            is_same = not opening.has_cookie and self.address == opening.ip
            if is_same:
                self.set_identity(opening.person)
        if not is_same:
            raise HTTPError(404)
        return session


class SendHandler(SessionHandler):
    """Takes commands for a session; replies go to its reading request."""

    async def post(self, session_id: str) -> None:
        session = self.find(session_id)
        if session is None or session.is_closed:
            raise HTTPError(404)
        if not self.request.body:
            raise InvalidInput(Code.BAD_JSON, "Send an array of strings in JSON.")
        commands = messages(self.request.body)
        async with session.turn:
            if not session.is_closed:
                await session.conn.carry_out(commands)
        self.set_status(204)


class Carried(SessionHandler):
    """A reading request; must precede one of sockjs-tornado's handlers among the bases."""

    session: SockJsSession | None
    has_one_answer = False
    has_head = False
    options = RequestHandler.options  # not allowed: sockjs-tornado's would admit other sites

    def initialize(self, dependencies: Dependencies, sessions: Sessions) -> None:  # type: ignore[override]
        super().initialize(dependencies, sessions)
        super(Handler, self).initialize(sessions.router)  # sockjs-tornado's

    def prepare(self) -> None:
        super().prepare()
        super(Handler, self).prepare()

    def enter(self, session_id: str) -> None:
        """Check the person and the session while an HTTP status can still refuse them."""
        if (transport := self.cycle.connection.transport) is not None:
            self.cycle.set_half_close_callback(transport.close)  # it is gone, or soon will be
        if self.find(session_id) is None:
            self.dependencies.limits.request(self.address)  # once a session; the rest is polls
            self._attach_request = self.asked()
            self.check_limits(self._attach_request.session)
            if len(self.sessions) >= MAX_SESSIONS:
                raise Unavailable(
                    Code.UNAVAILABLE, "Too many have begun with SockJS.", retry_ms=FULL_RETRY_MS
                )

    @property
    def unsent_bytes(self) -> int:
        transport = self.cycle.connection.transport
        return 0 if transport is None else transport.get_write_buffer_size()

    def drop(self) -> None:
        self.cycle.connection.drop()

    # Overrides of sockjs-tornado's methods

    def get_conn_info(self) -> Opening:
        return Opening(
            person=self.person,
            request=self._attach_request,
            ip=self.address,
            has_cookie=not self.is_newcomer,
        )

    def preflight(self) -> None:
        """Do nothing: sockjs-tornado's would let every site's page read this, with cookies."""

    def disable_cache(self) -> None:
        self.set_header("Cache-Control", "no-store, no-transform")
        self.set_header("X-Accel-Buffering", "no")  # for nginx, which others put in front


class PollHandler(Carried, XhrPollingTransport):
    """Serves xhr: one answer per request."""

    has_one_answer = True

    def post(self, session_id: str) -> None:
        self.enter(session_id)
        self.cycle.connection.be_impatient()
        super().post(session_id)

    def send_pack(self, message: str, binary: bool = False) -> None:
        """Answer; later frames, such as the reason for a close, wait for the next poll."""
        if self.active:
            super().send_pack(message)


class StreamHandler(Carried, XhrStreamingTransport):
    """Serves xhr_streaming: an endless answer, cut at a length to save the client's memory."""

    def post(self, session_id: str) -> None:
        self.enter(session_id)
        super().post(session_id)


class EventsHandler(Carried, EventSourceTransport):
    """Serves eventsource: the same as an event stream."""

    def get(self, session_id: str) -> None:
        self.enter(session_id)
        super().get(session_id)
