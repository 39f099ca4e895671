"""Long polling: a request that is answered as soon as there are pushes.

A poll reads the log, so nothing is kept between two polls: the log has what was appended meanwhile.
"""

import asyncio
import dataclasses
from collections.abc import Mapping
from functools import cached_property
from typing import Final

import msgspec
from tornado.web import HTTPError

from chat.attach.attachment import AttachRequest
from chat.errors import ChatError, InvalidInput, Unavailable
from chat.metrics.counters import DetachReason
from chat.protocol.codes import Code
from chat.protocol.negotiation import MAX_HOLD_S, Transport
from chat.requests.caller import Dependencies
from chat.requests.handler import Handler
from chat.transports.given import MAX_FREE_BYTES, MIN_HOLD_S
from chat.transports.held_poll import HeldPoll
from chat.transports.nextpoll import NextPolls, is_repeatable

_Scalar = str | int | float | bool | None

# The cost of a poll that names a session of its user's, in requests: 200 people can poll behind one
# address, with a message each second, across instances that don't know each other's answers.
RESUMED: Final = 0.25


class _Asked(msgspec.Struct):
    """The fields of a posted object; other fields are skipped without being decoded."""

    session: _Scalar = None
    cursor: _Scalar = None
    room: _Scalar = None
    hello: _Scalar = None
    hold_s: _Scalar = None
    heartbeat_s: _Scalar = None


class LongPollTransport(Handler):
    """Carries one session over polls. Decides nothing."""

    is_routine = True
    has_head = False
    poll: HeldPoll | None = None

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
        request = self.asked()
        self.cycle.connection.be_impatient()
        self.check_limits(request.session)
        poll = self.poll = HeldPoll(
            self.cycle,
            hold_s=hold_s,
            is_repeatable=self._is_repeatable(request, hold_s),
            has_hello=request.has_hello,
        )
        attachment = poll.attachment = self.dependencies.attachments.open(
            poll, self.person, Transport.LONGPOLL, request.session, address=self.address
        )
        end_s = asyncio.get_running_loop().time() + hold_s
        is_reading = False
        try:
            async with asyncio.timeout(limit_s):
                await self.dependencies.attachments.start(attachment, request)
            is_reading = True
        except TimeoutError:
            if not poll.is_answered:  # no cursor to answer with yet
                raise Unavailable(
                    Code.UNAVAILABLE, "The log did not answer in time; poll again.", retry_ms=1000
                ) from None
        finally:
            if not is_reading:
                attachment.detach(DetachReason.FAILED)
        if not poll.is_lost:
            self.detach_connection()
            poll.begin(end_s, self.identity_headers, self._answered)

    async def post(self) -> None:
        await self.get()

    def on_connection_close(self) -> None:
        if self.poll is not None:
            self.poll.on_lost()

    def asked(self) -> AttachRequest:
        """Return the request to attach.

        A poll without a cursor gets a hello, which contains one; others get a hello on request.
        """
        has_hello = not self.argument("cursor") or self.argument("hello") in ("1", "true", "True")
        return dataclasses.replace(super().asked(), has_hello=has_hello)

    def _answered(self, cursor: str, pushed_bytes: int | None) -> None:
        """Note the answer, so that the poll that continues it is free, and quick if possible."""
        self.application.log_request(self)
        assert self.poll is not None
        attachment = self.poll.attachment
        if pushed_bytes is None:
            is_free = self._is_held(self._hold_s())
        else:
            is_free = pushed_bytes <= MAX_FREE_BYTES
        if is_free:
            now = asyncio.get_running_loop().time()
            for who in (attachment.session.id, self.person.user):
                self.next_polls.given.give(who, cursor, now=now)
        if attachment.is_parked:
            self.next_polls.expect(self.cycle, self.poll)

    def _goes_on(self) -> bool:
        """Return whether this poll continues one that this instance has answered.

        Those are free: clients send one for each answer, as often as there are pushes.
        """
        try:
            cursor, session = self.argument("cursor"), self.argument("session")
        except (ChatError, HTTPError):  # the handler will report what is wrong
            return False
        now = asyncio.get_running_loop().time()
        return self.next_polls.given.consume(session or self.person.user, cursor, now=now)

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

    def _is_repeatable(self, request: AttachRequest, hold_s: float) -> bool:
        """Return whether the next poll will be this one again, with only another cursor."""
        return (
            self._is_held(hold_s)
            and not request.has_hello
            and not self.identity_headers
            and is_repeatable(self.cycle, self.argument("cursor"))
        )

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


def _in_words(value: _Scalar) -> str:
    if isinstance(value, float) and value.is_integer():  # in JSON 18.0 and 18 are the same number
        return str(int(value))
    return str(value)
