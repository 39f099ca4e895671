"""Keeps a conversation connected: negotiates, connects, and reconnects after every loss.

    connecting ── a link is proven ─────▶ connected ◀── another takes over
        ▲                                     │
        └───────────── waiting ◀──────────────┘ nothing is left
                          │
                          └──▶ closed: by the server, for good, or by the caller

chat.client.connection decides which link is active; chat.client.policy has the times.
"""

import asyncio
import contextlib
import enum
import random
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Final

from chat.client import policy
from chat.client.commands import Commands
from chat.client.connection import Connection
from chat.client.dialer import LoginWanted
from chat.client.history import History, Outcome
from chat.client.http import Http
from chat.client.link import End, Link, Listener
from chat.client.memory import Memory
from chat.client.negotiator import NEGOTIATION_S, Negotiator, Offers
from chat.client.positions import Push
from chat.client.reasons import why
from chat.client.receiver import Receiver
from chat.client.transports.transport import LOST, AttachRequest, Ended
from chat.errors import ChatError, Refused
from chat.protocol.codes import Code


class State(enum.StrEnum):
    CONNECTING = "connecting"
    CONNECTED = "connected"
    WAITING = "waiting"
    CLOSED = "closed"


TRANSITIONS: Final[Mapping[State, Set[State]]] = {
    State.CONNECTING: {State.CONNECTED, State.WAITING, State.CLOSED},
    State.CONNECTED: {State.CONNECTED, State.WAITING, State.CLOSED},
    State.WAITING: {State.CONNECTING, State.CLOSED},
    State.CLOSED: set(),
}


class Engine:
    """Keeps one conversation connected while ``run`` runs; call the other methods meanwhile."""

    def __init__(
        self,
        http: Http,
        *,
        rooms: Sequence[str],
        name: str | None,
        can: Sequence[str],
        rng: random.Random,
        on_change: Callable[[], None],
    ) -> None:
        self.receiver = Receiver(rooms)
        self.history = History()
        self.commands = Commands(self.connected, http, rng)
        self.state = State.CONNECTING
        self.reason = ""  # why it is not connected, or why by this transport
        self.wait_s = 0.0  # while waiting, the length of the whole wait
        self._http = http
        self._negotiator = Negotiator(http, can=can, name=name, positions=self.receiver.positions)
        self._rng = rng
        self._on_change = on_change
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()
        self._memory = Memory()
        self._offers = Offers(transports={}, rtt_s=0.0, hold_s=policy.MAX_HOLD_S, network=None)
        self._connection: Connection | None = None
        self._advice: str | None = None
        self._session: str | None = None
        self._resumed: str | None = None  # the session for the first attempt of a reconnect
        self._tasks: set[asyncio.Task[None]] = set()  # of all links, until they have ended
        self._changed = asyncio.Event()  # there is an active link, or will never be one again
        self._wake = asyncio.Event()
        self._refusal: ChatError | None = None  # why the conversation is closed for good

    @property
    def transport(self) -> str | None:
        active = None if self._connection is None else self._connection.active
        return None if active is None else active.transport

    async def run(self) -> None:
        """Connect, and stay connected until cancelled. Raises Refused if the server ends that."""
        round_ = 0
        self._on_change()
        try:
            while True:
                end, lived_s = await self._connect()
                if not policy.is_come_back(end.code):
                    raise self.receiver.refusal or Refused(Code.FORBIDDEN, end.reason)
                if lived_s >= policy.STABLE_S:
                    round_ = 0
                moved_s = policy.moved_s(end.code, end.retry_ms)
                if moved_s is not None and lived_s:
                    self.wait_s = moved_s
                else:
                    backoff_s = policy.backoff_s(round_, self._rng.random())
                    self.wait_s = (end.retry_ms or 0) / 1000 + backoff_s
                    round_ += 1
                self._enter(State.WAITING, end.reason or str(end.outcome))
                self._wake.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.wait_s):
                        await self._wake.wait()
                self._enter(State.CONNECTING, self.reason)
        except ChatError as error:
            self._refusal = error
            raise
        finally:
            self.receiver.inbox.close(self._refusal)
            self._refusal = self._refusal or Refused(Code.UNAVAILABLE, "The connection was closed.")
            self._enter(State.CLOSED, self._refusal.message)
            self._changed.set()
            if self._tasks:
                await asyncio.wait(self._tasks)

    def network_changed(self) -> None:
        """Forget what was learned about the last network, and retry at once what failed on it."""
        self._memory.forget()
        self._wake.set()
        if self._connection is not None:
            self._connection.network_changed()

    async def command(self, command: Push) -> Push:
        """Send a command once; return its reply, maybe an error. Raises Unavailable without one."""
        reply = await self.commands.ask(command)
        reason = self.receiver.follow(command, reply)
        if reason and self._connection is not None:
            self._connection.renew(reason)
        return reply

    async def connected(self) -> Connection:
        """Wait until a link is active. Raises ChatError if none will be again."""
        while True:
            if self._refusal is not None:
                raise self._refusal
            if self._connection is not None and self._connection.active is not None:
                return self._connection
            self._changed.clear()
            await self._changed.wait()

    async def _connect(self) -> tuple[End, float]:
        """Negotiate and connect until no link is left; return its end, and how long it lived."""
        try:
            async with asyncio.timeout(NEGOTIATION_S):
                await self._negotiate()
        except LoginWanted as error:
            raise Refused(Code.UNAUTHORIZED, str(error)) from error
        except LOST as error:
            self._memory.unreachable()
            return End(outcome=Outcome.REFUSED, reason=why(error)), 0.0
        except Ended as error:
            return End(outcome=Outcome.REFUSED, reason=error.reason, retry_ms=error.retry_ms), 0.0
        if not self._offers.transports:
            return End(outcome=Outcome.REFUSED, reason="nothing was offered"), 0.0
        self._resumed = self._session
        connection = self._connection = Connection(
            self._offers,
            memory=self._memory,
            receiver=self.receiver,
            rng=self._rng,
            attach=self._attach,
            on_active=self._activated,
        )
        connection.advice = self._advice  # until a link is active
        # The sort is stable: the server's order, but for its advice.
        end = await connection.run(sorted(self._offers.transports, key=lambda t: t != self._advice))
        self._advice = connection.advice
        return end, connection.lived_s

    async def _negotiate(self) -> None:
        failed = self._memory.failures(self._now_s())
        self._offers = await self._negotiator.negotiate(failed, self._session)
        self._memory.arrive(self._offers.network)
        if await self._negotiator.sign_in(self.receiver.rooms):
            self._session = None  # it belongs to another user

    def _attach(self, transport: str, listener: Listener) -> Link:
        session, self._resumed = self._resumed, None
        url, send_url = self._offers.transports[transport]
        request = AttachRequest(
            http=self._http,
            url=url,
            send_url=send_url,
            session=session,
            cursor=self.receiver.positions.cursor,
            rooms=tuple(self.receiver.rooms),
            terms=self._memory.terms,
        )
        attempt = self.history.begin(transport, self._now_s())
        link = Link(transport, request, attempt, listener)
        link.start(policy.deadline_s(self._offers.rtt_s))
        self._tasks.add(link.task)
        link.task.add_done_callback(self._tasks.discard)
        return link

    def _activated(self, link: Link, is_other_transport: bool) -> None:
        self._session = link.session
        self._http.user = self.receiver.user
        link.attempt.led_s = self._now_s()
        self._changed.set()
        if is_other_transport:
            reason = self.history.why(link.transport, self._offers.transports, self._now_s())
            self._enter(State.CONNECTED, reason)

    def _enter(self, state: State, reason: str) -> None:
        assert state in TRANSITIONS[self.state], f"{self.state} -> {state}"
        self.state, self.reason = state, reason
        self._on_change()

    def _now_s(self) -> float:
        return self._loop.time() - self._began_s
