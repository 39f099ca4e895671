"""Long polling: a request that is answered as soon as there are pushes.

A poll reads the log, so nothing has to be kept between two polls: entries appended meanwhile are
in the log for the next one.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Final

import msgspec
from tornado.web import HTTPError

from chat.attach.attachment import Attachment, Request
from chat.attach.catch_up import MAX_ANSWER_BYTES
from chat.errors import ChatError, InvalidInput, Unavailable
from chat.http.security_headers import NOT_KEPT, safe_lines
from chat.metrics.counters import Departure
from chat.protocol.codes import Code, Disconnect
from chat.protocol.negotiation import MAX_HOLD_S, Transport
from chat.requests.caller import Dependencies
from chat.requests.handler import Handler
from chat.transports.given import MAX_FREE_BYTES, MIN_HOLD_S
from chat.transports.nextpoll import NextPolls, poll_body

_Scalar = str | int | float | bool | None

# The cost of a poll that names a session of its user's, in requests. It allows 200 people to poll
# behind one address, with a message each second, across instances that don't know each other's
# answers.
RESUMED: Final = 0.25


class _Asked(msgspec.Struct):
    """The fields of a posted object; other fields are skipped without being decoded."""

    session: _Scalar = None
    cursor: _Scalar = None
    room: _Scalar = None
    hello: _Scalar = None
    hold_s: _Scalar = None
    heartbeat_s: _Scalar = None


class PollSink:
    """Takes one write: the answer, or None if the client has gone."""

    def __init__(self) -> None:
        self.answer: bytes | None = None
        self.on_answer: Callable[[], None] = lambda: None
        self._answered = asyncio.Event()

    @property
    def is_answered(self) -> bool:
        return self._answered.is_set()

    def write(self, chunk: bytes | None) -> int:
        if not self.is_answered:
            self.answer = chunk
            self._answered.set()
            self.on_answer()
        return 0

    async def answered(self) -> None:
        await self._answered.wait()

    async def drained(self) -> None:
        """Return at once: an answer is handed over whole."""

    def ping(self) -> bytes:
        """Return nothing: the next poll is the sign of life."""
        return b""

    def end(self, disconnect: Disconnect) -> None:
        """Do nothing: the goodbye was the answer, which ends the poll."""


class LongPollTransport(Handler):
    """Carries one session over polls. Decides nothing."""

    is_routine = True
    has_head = False
    sink: PollSink | None = None

    def initialize(  # type: ignore[override]  # a route's arguments are its handler's own
        self, dependencies: Dependencies, next_polls: NextPolls
    ) -> None:
        super().initialize(dependencies)
        self.next_polls = next_polls

    def prepare(self) -> None:
        try:
            super().prepare()
        except (ChatError, HTTPError):  # a refused request counts too
            self.dependencies.limits.request(self.address)
            raise
        if not self._goes_on():
            self.dependencies.limits.request(self.address, self._cost())

    async def get(self) -> None:
        limit_s = self.dependencies.settings.poll_hold_s
        hold_s = self._hold_s()
        wish = self.asked()
        self.bridge.connection.be_impatient()
        may_repeat = self._may_repeat(wish, hold_s)
        self.admit(wish.session)
        self.sink = PollSink()
        attachment = self.dependencies.attachments.open(
            self.sink, self.person, Transport.LONGPOLL, wish.session, address=self.address
        )
        # Run at once, not when this coroutine resumes: the answer lacks what is pushed in between.
        self.sink.on_answer = partial(self._answered, attachment, may_repeat)
        is_reading = False
        try:
            # One limit for everything, including the log's answer. A client that asks for a
            # shorter hold still gets the log's answer, and is then held for less.
            async with asyncio.timeout(limit_s) as limit:
                end = asyncio.get_running_loop().time() + hold_s
                await self.dependencies.attachments.start(attachment, wish)
                is_reading = True
                limit.reschedule(end)
                # A half-closed client is answered at once; if it is gone, the write detects that.
                self.bridge.set_half_close_callback(lambda: limit.reschedule(0))
                await self.sink.answered()
        except TimeoutError:
            if not is_reading and not self.sink.is_answered:  # no cursor to answer with yet
                raise Unavailable(
                    Code.UNAVAILABLE, "The log did not answer in time; poll again.", retry_ms=1000
                ) from None
        finally:
            self.bridge.set_half_close_callback(None)
            # Taking the cursor sends pushes that arrived in the very turn of the timeout, so they
            # become the answer. No await follows until it is sent, so no push can come in between.
            cursor = attachment.cursor()
            if self.bridge.is_half_closed:
                attachment.detach(Departure.CLOSED)
            elif not (may_repeat and is_reading):
                attachment.detach(Departure.ANSWERED if is_reading else Departure.FAILED)
            elif not attachment.is_parked:
                attachment.park()
        if not self.sink.is_answered:
            if self._is_held(hold_s):
                self._give(attachment, cursor)
            self._send(b"null", is_timeout=True, cursor=cursor)
        elif (answer := self.sink.answer) is not None:
            if len(answer) > MAX_ANSWER_BYTES and not wish.has_hello:
                # One turn brought more than an answer may hold. The entries are in the log: the
                # next poll, from the same cursor, gets them page by page.
                attachment.detach(Departure.ANSWERED)
                self._send(b"null", is_timeout=False, cursor=attachment.began_at)
            else:
                if len(answer) <= MAX_FREE_BYTES:
                    self._give(attachment, cursor)
                self._send(b"[" + answer + b"]", is_timeout=False, cursor=cursor)
        if attachment.is_parked and (request := self.bridge.request.whole) is not None:
            self.next_polls.expect(request, attachment, self._head(), hold_s)

    async def post(self) -> None:
        await self.get()

    def on_connection_close(self) -> None:
        if self.sink is not None:
            self.sink.write(None)

    def asked(self) -> Request:
        """Return the request to attach.

        A poll without a cursor gets a hello, which contains one; others get a hello on request.
        """
        has_hello = not self.argument("cursor") or self.argument("hello") in ("1", "true", "True")
        return dataclasses.replace(super().asked(), has_hello=has_hello)

    def _answered(self, attachment: Attachment, may_repeat: bool) -> None:
        assert self.sink is not None
        if self.sink.answer is None:
            attachment.detach(Departure.CLOSED)
        elif may_repeat:
            attachment.park()
        else:
            attachment.detach(Departure.ANSWERED)

    def _goes_on(self) -> bool:
        """Return whether this poll continues one that this instance has answered.

        Those are free: clients send one for each answer, as often as there are pushes.
        """
        try:
            cursor, session = self.argument("cursor"), self.argument("session")
        except (ChatError, HTTPError):  # the handler will report what is wrong
            return False
        now = asyncio.get_running_loop().time()
        return self.next_polls.given.take(session or self.person.user, cursor, now=now)

    def _is_held(self, hold_s: float) -> bool:
        """Return whether an empty poll is held so long that a client can't send many."""
        return hold_s >= min(MIN_HOLD_S, self.dependencies.settings.poll_hold_s)

    def _cost(self) -> float:
        """Return the cost, in requests, of a poll that is not known to continue another.

        Where a balancer is not sticky, another instance may have answered the previous poll. A
        client that names its user's own session probably continues; but anyone can get a session.
        """
        try:
            return 1.0 if self.own_session(self.argument("session")) is None else RESUMED
        except (ChatError, HTTPError):
            return 1.0

    def _give(self, attachment: Attachment, cursor: str) -> None:
        """Expect a poll that continues from ``cursor``, by its session or by its user."""
        now = asyncio.get_running_loop().time()
        for who in (attachment.session.id, self.person.user):
            self.next_polls.given.give(who, cursor, now=now)

    def _may_repeat(self, wish: Request, hold_s: float) -> bool:
        """Return whether the next poll will be this one again, with only another cursor."""
        request = self.bridge.request
        return (
            self._is_held(hold_s)
            and request.whole is not None
            and request.is_kept_alive
            and request.version == "1.1"
            and not wish.has_hello
            and not self.identity_headers
            and self.next_polls.is_repeatable(request.whole, self.argument("cursor"))
        )

    def _head(self) -> bytes:
        """Return the first header lines of the answers to requests like this one."""
        lines = ["HTTP/1.1 200 OK"] + [
            f"{name}: {value}"
            for name, value in self._headers.get_all()
            if name not in ("Date", "Content-Length")
        ]
        lines.append(safe_lines(self.request.protocol) + NOT_KEPT)
        return "\r\n".join(lines).encode("latin-1")

    def _hold_s(self) -> float:
        """Return how long to hold the poll: at most ``poll_hold_s``. Raises InvalidInput."""
        asked_s = self.whole_number("hold_s")
        if asked_s is not None and asked_s > MAX_HOLD_S:
            raise InvalidInput(
                Code.BAD_COMMAND, f"hold_s is a whole number of seconds from 0 to {MAX_HOLD_S}."
            )
        limit_s = self.dependencies.settings.poll_hold_s
        return limit_s if asked_s is None else min(asked_s, limit_s)

    def argument(self, name: str) -> str:
        """Return an argument from the query, or from the body, a form or JSON.

        Bodies are for long cursors, which grow with the number of rooms.
        """
        return super().argument(name) or self._posted.get(name, "")

    @cached_property
    def _posted(self) -> Mapping[str, str]:
        """The arguments in the body, decoded once."""
        if self.request.method != "POST" or not self.request.body:
            return {}
        # A byte order mark is not allowed in JSON (RFC 8259 section 8.1); no form begins with one.
        if not self.request.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return self.form_fields
        asked = msgspec.structs.asdict(self.json_as(_Asked))
        return {
            name: _in_words(value)
            for name, value in asked.items()
            if value is not None and value is not False
        }

    def _send(self, data: bytes, *, is_timeout: bool, cursor: str) -> None:
        """Send the answer; ``data`` is JSON already, the pushes as joined by the hub."""
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(poll_body(data, b"true" if is_timeout else b"false", cursor.encode()))


def _in_words(value: _Scalar) -> str:
    """Return a JSON value as it would be written in a query."""
    if isinstance(value, float) and value.is_integer():  # in JSON 18.0 and 18 are the same number
        return str(int(value))
    return str(value)
