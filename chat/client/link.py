"""One attempt at a transport: from its start to its proof and its end.

A transport is proven when its hello has arrived and a command has been answered: some networks
let a connection open but pass no data, or pass data only one way.
"""

import asyncio
import contextlib
from dataclasses import dataclass, replace
from typing import Final, Protocol

import msgspec

from chat.client.history import Attempt, Outcome
from chat.client.positions import Push
from chat.client.reasons import why
from chat.client.transports.longpoll import LongPollTransport
from chat.client.transports.sse import SseTransport
from chat.client.transports.transport import LOST, AttachRequest, Ended, Transport
from chat.client.transports.websocket import WebSocketTransport

TRANSPORT_TYPES: Final[dict[str, type[Transport]]] = {
    "websocket": WebSocketTransport,
    "sse": SseTransport,
    "longpoll": LongPollTransport,
}
# How many unlogged pushes to keep until it is known whether this link becomes active: the presence
# of the user's rooms, and the pushes of a fraction of a second.
_EARLY_LIMIT: Final = 200


@dataclass(frozen=True, kw_only=True)
class End:
    """The end of a link, by itself or because the listener ended it."""

    outcome: Outcome
    reason: str = ""
    code: int | None = None  # of a goodbye or a WebSocket's close
    retry_ms: int | None = None  # the server's
    advice: str | None = None  # the transport to try first next time


class Listener(Protocol):
    """Receives the events of a link; called in the event loop, never during its construction."""

    def on_push(self, link: "Link", push: Push) -> End | None:
        """Handle a push, also a hello. Return an End to end the link."""

    def on_proven(self, link: "Link") -> None: ...

    def on_end(self, link: "Link", end: End) -> None:
        """Handle the end of a link that was not closed by ``close``."""


class Link:
    """An attempt at ``transport``; carries the conversation once the connection makes it active."""

    def __init__(
        self, transport: str, request: AttachRequest, attempt: Attempt, listener: Listener
    ) -> None:
        self.transport = transport
        self.attempt = attempt
        self.session = ""
        self.heartbeat_s = 0.0
        self.early: list[Push] = []
        self._loop = asyncio.get_running_loop()
        self._origin_s = self._loop.time() - attempt.began_s
        self.heard_s = self._loop.time()  # when data last arrived
        self.longest_silence_s = 0.0  # the longest time without data before that
        self.is_over = False
        self._listener = listener
        self._transport = TRANSPORT_TYPES[transport](replace(request, on_data=self._on_data))
        self._proving: asyncio.Task[None] | None = None
        self._asked = 0  # commands without a reply yet
        self._is_retired = False

    def start(self, deadline_s: float) -> None:
        """Start to attach; the link ends if it is not proven within ``deadline_s``."""
        self.task = self._loop.create_task(self._run(deadline_s))

    @property
    def is_proven(self) -> bool:
        return self.attempt.proven_s is not None

    @property
    def silent_s(self) -> float:
        return self._loop.time() - self.heard_s

    @property
    def lived_s(self) -> float:
        """The time from its proof to its end or now, in seconds; 0 if it is not proven."""
        proven_s, ended_s = self.attempt.proven_s, self.attempt.ended_s
        return 0.0 if proven_s is None else (ended_s or self._now_s()) - proven_s

    def close(self, outcome: Outcome = Outcome.OUTRUN, reason: str = "") -> None:
        """Close the link at once, without calling the listener."""
        if not self.is_over:
            self._finish(outcome, reason)
            self.task.cancel()

    async def ask(self, command: Push) -> Push:
        self._asked += 1
        try:
            return await self._transport.ask(command)
        finally:
            self._asked -= 1
            if self._is_retired and not self._asked:
                self.close()

    def retire(self) -> None:
        """Close the link once all its commands are answered."""
        self._is_retired = True
        if not self._asked:
            self.close()

    def _now_s(self) -> float:
        return self._loop.time() - self._origin_s

    def _on_data(self) -> None:
        self.longest_silence_s = max(self.longest_silence_s, self.silent_s)
        self.heard_s = self._loop.time()

    def _finish(self, outcome: Outcome, reason: str) -> None:
        self.is_over = True
        self.attempt.ended_s = self._now_s()
        self.attempt.outcome, self.attempt.reason = outcome, reason
        if self._proving is not None:
            self._proving.cancel()

    async def _run(self, deadline_s: float) -> None:
        end = await self._live(deadline_s)
        if not self.is_over:
            self._finish(end.outcome, end.reason)
            self._listener.on_end(self, end)

    async def _live(self, deadline_s: float) -> End:
        try:
            async with (
                asyncio.timeout(deadline_s) as self._limit,
                contextlib.aclosing(self._transport.pushes()) as pushes,
            ):
                async for push in pushes:
                    if (end := self._handle(push)) is not None:
                        return end
            return End(outcome=self._ended, reason="it ended")
        except Ended as error:
            return End(
                outcome=self._ended, reason=error.reason, code=error.code, retry_ms=error.retry_ms
            )
        except LOST as error:
            if self._limit.expired():
                ms = round(1000 * deadline_s)
                if self.attempt.greeted_s is None:
                    return End(outcome=Outcome.SILENT, reason=f"no hello in {ms} ms")
                return End(outcome=Outcome.UNANSWERED, reason=f"no pong in {ms} ms")
            return End(outcome=self._ended, reason=why(error))
        except (msgspec.DecodeError, KeyError, TypeError, ValueError):
            return End(outcome=self._ended, reason="it speaks another language")

    @property
    def _ended(self) -> Outcome:
        if self.attempt.greeted_s is None:
            return Outcome.REFUSED
        return Outcome.DIED if self.is_proven else Outcome.UNANSWERED

    def _handle(self, push: Push) -> End | None:
        if push["type"] == "goodbye":
            return End(
                outcome=Outcome.LEFT,
                reason=f"{push['code']} {push['reason']}",
                code=push["code"],
                retry_ms=push.get("retry_ms"),
                advice=push.get("advice"),
            )
        if push["type"] == "hello" and self.attempt.greeted_s is None:
            self.attempt.greeted_s = self._now_s()
            self.session, self.heartbeat_s = push["session"], push["heartbeat_s"]
            self._proving = self._loop.create_task(self._prove())
        return self._listener.on_push(self, push)

    def keep_early(self, push: Push) -> None:
        """Keep a push in case this link becomes active."""
        if len(self.early) < _EARLY_LIMIT:
            self.early.append(push)

    async def _prove(self) -> None:
        with contextlib.suppress(Ended, *LOST):  # the deadline reports a missing reply
            await self._transport.ask({"type": "ping"})
            if not self.is_over and not self._limit.expired():
                self.attempt.proven_s = self._now_s()
                self._limit.reschedule(None)
                self._listener.on_proven(self)
