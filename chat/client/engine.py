"""Decides which link leads the conversation, which one succeeds it, and when to reconnect.

    connecting ── a link is proven ─────▶ connected ◀── another takes over
        ▲                                     │
        └───────────── waiting ◀──────────────┘ nothing is left
                          │
                          └──▶ closed: by the server, for good, or by the caller

To take over, a link needs only the other to be closed: each link reads from a cursor at or before
the client's, and duplicates are recognised by their offsets. chat.client.policy has the times.
"""

import asyncio
import enum
import random
from collections.abc import Callable, Sequence
from typing import Final

from chat.client import policy
from chat.client.commands import Commands
from chat.client.dialer import LoginWanted
from chat.client.history import History, Outcome
from chat.client.http import Http
from chat.client.inbox import Inbox
from chat.client.link import End, Link
from chat.client.memory import Memory
from chat.client.negotiator import NEGOTIATION_S, Negotiator, Offers
from chat.client.positions import Positions, Verdict
from chat.client.race import Race
from chat.client.reasons import why
from chat.client.transports.transport import LOST, Ended, Push, Wish
from chat.errors import ChatError, Refused
from chat.protocol.codes import Code

_REPLIES: Final = frozenset({"ok", "error", "pong"})


class State(enum.StrEnum):
    CONNECTING = "connecting"
    CONNECTED = "connected"
    WAITING = "waiting"
    CLOSED = "closed"


class Engine:
    """Keeps one conversation connected while ``run`` runs; call the other methods meanwhile."""

    def __init__(
        self,
        http: Http,
        *,
        rooms: Sequence[str],
        name: str | None,
        can: Sequence[str],
        dice: random.Random,
        on_change: Callable[[], None],
    ) -> None:
        self.http = http
        self.positions = Positions()
        self.inbox = Inbox(self.positions.resyncs)
        self.history = History()
        self.commands = Commands(self, self.http, dice)
        self.state = State.CONNECTING
        self.reason = ""  # why it is not connected, or why by this transport
        self.wait_s = 0.0  # while waiting, the length of the whole wait
        self.user = ""
        self.name = ""
        self._rooms = list(rooms)
        self._negotiator = Negotiator(self.http, can=can, name=name, positions=self.positions)
        self._dice = dice
        self._on_change = on_change
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()
        self._memory = Memory()
        self._offers = Offers(transports={}, rtt_s=0.0, hold_s=policy.MAX_HOLD_S, network=None)
        self._advice: str | None = None
        self._session: str | None = None
        self._carry_on: str | None = None  # the session for the first attempt of a reconnect
        self._links: set[Link] = set()
        self._retired: set[Link] = set()  # replaced, but with commands still unanswered
        self._closing: set[asyncio.Task[None]] = set()
        self._leader: Link | None = None
        self._race: Race | None = None
        self._over: asyncio.Future[End] | None = None
        self._seeks = 0  # how often better transports have been tried beside this leader
        self._seeking: asyncio.TimerHandle | None = None
        self._watching: asyncio.TimerHandle | None = None
        self._has_led = asyncio.Event()  # there is a leader, or will never be one again
        self._wake = asyncio.Event()
        self._last_led_s = 0.0
        self._last_leader = ""
        self._last_error: Refused | None = None  # why the server rejected an attach
        self._refusal: ChatError | None = None  # why the conversation is closed for good

    @property
    def transport(self) -> str | None:
        """The transport that carries the conversation; None while there is none."""
        return None if self._leader is None else self._leader.transport

    async def run(self) -> None:
        """Connect, and stay connected until cancelled.

        Raises Refused if the server tells the client not to come back.
        """
        round_ = 0
        try:
            while True:
                self._enter(State.CONNECTING, self.reason)
                end = await self._converse()
                if end.is_final:
                    raise self._last_error or Refused(Code.FORBIDDEN, end.reason)
                if self._last_led_s >= policy.STABLE_S:
                    round_ = 0
                if end.moved_s is not None and self._last_led_s:
                    self.wait_s = end.moved_s
                else:
                    backoff_s = policy.backoff_s(round_, self._dice.random())
                    self.wait_s = end.retry_ms / 1000 + backoff_s
                    round_ += 1
                self._enter(State.WAITING, end.reason or str(end.outcome))
                await self._wait(self.wait_s)
        except ChatError as error:
            self._refusal = error
            raise
        finally:
            if self._refusal is None:
                self._refusal = Refused(Code.UNAVAILABLE, "The connection was closed.")
                self.inbox.close()
            else:
                self.inbox.close(self._refusal)
            self._enter(State.CLOSED, self._refusal.message)
            self._has_led.set()
            if self._closing:
                await asyncio.wait(self._closing)

    def network_changed(self) -> None:
        """Forget what was learned about the last network, and retry at once what failed on it."""
        self._memory.forget()
        self._wake.set()
        if self._leader is not None:
            self.suspect(self._leader, "the network has changed")
            self._seek()

    # Commands

    async def command(self, command: Push) -> Push:
        """Send a command once; return its reply, which may be an error.

        Raises Unavailable if there was no reply.
        """
        reply = await self.commands.ask(command)
        if self._rooms and reply["type"] == "ok":
            room = str(command.get("room"))
            if command["type"] == "join" and room not in self._rooms:
                self._rooms.append(room)
                self.positions.begin(room, reply["epoch"], reply["offset"])
                self._renew("another room is read")
            elif command["type"] == "leave" and room in self._rooms:
                self._rooms.remove(room)
                self.positions.leave(room)
                self._renew("one room less is read")
        return reply

    # The interface for commands: chat.client.commands.CommandLink

    async def leading(self) -> Link:
        """Wait for a leading link and return it. Raises ChatError if there will be none."""
        while True:
            await self._has_led.wait()
            if self.state is State.CLOSED:
                assert self._refusal is not None
                raise self._refusal
            if self._leader is not None:
                return self._leader
            self._has_led.clear()

    @property
    def doubt_s(self) -> float:
        return policy.deadline_s(self._offers.rtt_s)

    def suspect(self, link: Link, reason: str, *, is_sure: bool = False) -> None:
        """Attach another link beside one that may be dead; later close one of them.

        ``is_sure`` means that data from the server does not clear the link: sending failed.
        """
        if link is self._leader:
            link.suspected_s = self._loop.time()
            self._renew(reason, is_sure=is_sure)

    # A conversation: from negotiating to the end of the last link

    async def _converse(self) -> End:
        self._last_led_s = 0.0
        try:
            async with asyncio.timeout(NEGOTIATION_S):
                await self._come_in()
        except LoginWanted as error:
            raise Refused(Code.UNAUTHORIZED, str(error)) from error
        except LOST as error:
            # The server or the whole network is down, so the transport is not to blame.
            self._memory.quarantine.forget(self._last_leader)
            self._memory.excuse(self._last_leader)
            return End(outcome=Outcome.REFUSED, reason=why(error))
        except Ended as error:
            return End(outcome=Outcome.REFUSED, reason=error.reason, retry_ms=error.retry_ms)
        if not self._offers.transports:
            return End(outcome=Outcome.REFUSED, reason="nothing was offered")
        self._over = self._loop.create_future()
        self._carry_on = self._session
        trusted = [t for t in self._ordered() if not self._memory.quarantine.is_quarantined(t)]
        self._begin_race(trusted, [t for t in self._ordered() if t not in trusted])
        try:
            return await self._over
        finally:
            self._hang_up()

    async def _come_in(self) -> None:
        failed = self._memory.failures(self._now_s())
        self._offers = await self._negotiator.negotiate(failed, self._session)
        self._memory.arrive(self._offers.network)
        if await self._negotiator.sign_in(self._rooms):
            self._session = None  # it belongs to another user

    def _ordered(self) -> list[str]:
        transports = list(self._offers.transports)
        if self._advice in transports:
            transports.remove(self._advice)
            transports.insert(0, self._advice)
        return transports

    def _begin_race(self, transports: Sequence[str], last_resorts: Sequence[str] = ()) -> None:
        if self._race is not None:
            self._race.stop()
        self._race = Race(
            transports, last_resorts=last_resorts, rtt_s=self._offers.rtt_s, start=self._start
        )
        self._race.go_on()

    def _start(self, transport: str) -> Link:
        """Attach at the client's cursor, beside all links that are attached."""
        session, self._carry_on = self._carry_on, None
        url, send_url = self._offers.transports[transport]
        wish = Wish(
            http=self.http,
            url=url,
            send_url=send_url,
            session=session,
            cursor=self.positions.cursor,
            rooms=tuple(self._rooms),
            terms=self._memory.terms,
        )
        attempt = self.history.begin(transport, self._now_s())
        link = Link(transport, wish, attempt, self)
        self._links.add(link)
        link.start(policy.deadline_s(self._offers.rtt_s))
        self._closing.add(link.task)
        link.task.add_done_callback(self._closing.discard)
        return link

    def _hang_up(self) -> None:
        """Close all links, and cancel the race and the timers."""
        self._over = None
        if self._race is not None:
            self._race.stop()
        for timer in (self._seeking, self._watching):
            if timer is not None:
                timer.cancel()
        self._seeking = self._watching = None
        for link in (*self._links, *self._retired):
            self._drop(link)
        self._leader = None

    def _drop(self, link: Link, outcome: Outcome = Outcome.OUTRUN, reason: str = "") -> None:
        self._links.discard(link)
        self._drop_from_race(link)
        link.close(outcome, reason)

    def _drop_from_race(self, link: Link) -> None:
        if self._race is not None:
            self._race.running.discard(link)

    def _retire(self, link: Link) -> None:
        """Close a working link once its commands are answered."""
        self._drop_from_race(link)
        self._links.discard(link)
        self._retired.add(link)
        link.task.add_done_callback(lambda _: self._retired.discard(link))
        link.retire()

    # Events of links: chat.client.link.Listener

    def on_push(self, link: Link, push: Push) -> End | None:
        match push["type"]:
            case "hello":
                self.user, self.name = push["user"], push["name"]
                if not self.positions.greet(push["rooms"]):
                    return End(outcome=Outcome.LEFT, reason="it began behind a hole")
                return None
            case "heartbeat":
                if self.positions.is_behind(push["tops"]):
                    return End(outcome=Outcome.LEFT, reason="it had a hole")
                return None
            case "error" if "id" not in push:  # the reason that the attach failed or ended
                if push.get("retry_ms") is None:
                    self._last_error = Refused(push["code"], push["message"])
                return None
            case type_ if type_ in _REPLIES:
                return None  # the reply to a command that nobody waits for any more
        if self._rooms and push.get("room", self._rooms[0]) not in self._rooms:
            return None  # a room just left: the attach without it is under way
        match self.positions.judge(push):
            case Verdict.APPLY | Verdict.RESYNC:
                self._deliver(push)
            case Verdict.UNLOGGED if link is self._leader:
                self._deliver(push)
            case Verdict.UNLOGGED:
                link.keep_early(push)
            case Verdict.GAP:
                return End(outcome=Outcome.LEFT, reason="it had a hole")
        return None

    def on_proven(self, link: Link) -> None:
        self._memory.excuse(link.transport)
        leader = self._leader
        if leader is None or link.replaces is leader:
            self._lead(link)
        elif not policy.is_better(link.transport, leader.transport):
            self._drop(link)
        elif trial_s := self._memory.quarantine.trial_s(link.transport):
            self._loop.call_later(trial_s, self._pass_trial, link)
        else:
            self._lead(link)

    def on_end(self, link: Link, end: End) -> None:
        if link in self._retired:
            return
        self._links.discard(link)
        self._memory.ended(
            link.attempt, lived_s=link.lived_s, silent_s=link.silent_s, now_s=self._now_s()
        )
        if self._over is None or self._over.done():
            return
        self._advice = end.advice or self._advice
        if end.is_final:
            self._over.set_result(end)
        elif link is self._leader:
            self._leader = None
            self._drop_from_race(link)
            self._last_led_s, self._last_leader = link.lived_s, link.transport
            self._succeed(end)
        elif link.replaces is not None and link.replaces is self._leader:
            self._renewal_failed(link.replaces, link, end)
        else:
            if self._race is not None:
                self._race.failed(link)
            if self._leader is not None:
                self._seek_later()
            elif not self._links and (self._race is None or self._race.is_over):
                self._over.set_result(end)

    # Leading

    def _lead(self, link: Link) -> None:
        """Make ``link`` the leader, and close all links that are no better."""
        old, self._leader = self._leader, link
        if old is None or old.transport != link.transport:
            self._seeks = 0
        self._session = link.session
        self._advice = None
        link.attempt.led_s = self._now_s()
        link.replaces = None
        if self._race is not None:
            self._race.stop()
        if old is not None and self._is_silent(old):
            self._memory.quarantine.ended(old.transport, old.lived_s)
            self._drop(old, Outcome.DIED, f"silent for {old.silent_s:.0f} s")
        for other in tuple(self._links):
            if other is old and not old.suspected_s:
                self._retire(old)
            elif other is not link and not policy.is_better(other.transport, link.transport):
                self._drop(other)
        for push in link.early:
            # A presence push holds the whole presence; all other pushes came over the old link.
            if old is None or push["type"] == "presence":
                self._deliver(push)
        link.early.clear()
        self._watch()
        self._seek_later()
        self._has_led.set()
        reason = self.history.why(link.transport, self._offers.transports, self._now_s())
        if old is None or old.transport != link.transport:
            self._enter(State.CONNECTED, reason)

    def _succeed(self, end: End) -> None:
        """Replace a leader that has ended: by the best proven link, else by a renewal under way."""
        assert self._over is not None
        self._has_led.clear()
        proven = [link for link in self._links if link.is_proven]
        if proven:
            self._lead(min(proven, key=lambda link: policy.TRANSPORTS.index(link.transport)))
        elif not any(link.replaces is not None for link in self._links):
            self._over.set_result(end)

    def _pass_trial(self, link: Link) -> None:
        leader = self._leader
        if link not in self._links or link is leader or leader is None:
            return
        self._memory.quarantine.passed(link.transport)
        if policy.is_better(link.transport, leader.transport):
            self._lead(link)

    def _seek_later(self) -> None:
        """Schedule attempts at better transports, unless one is already under way."""
        leader = self._leader
        if self._seeking is not None or leader is None:
            return
        if not policy.better_than(leader.transport, self._offers.transports):
            return
        if any(policy.is_better(link.transport, leader.transport) for link in self._links):
            return
        delay_s = policy.better_s(self._seeks, self._dice.random())
        self._seeks += 1
        self._seeking = self._loop.call_later(delay_s, self._seek)

    def _seek(self) -> None:
        if self._seeking is not None:
            self._seeking.cancel()
            self._seeking = None
        if self._leader is None:
            return
        under_way = {link.transport for link in self._links}
        better = policy.better_than(self._leader.transport, self._offers.transports)
        self._begin_race([transport for transport in better if transport not in under_way])

    # Silence and suspicion

    def _silence_s(self, link: Link) -> float:
        return policy.silence_s(
            link.transport, heartbeat_s=link.heartbeat_s, hold_s=self._offers.hold_s
        )

    def _is_silent(self, link: Link) -> bool:
        return link.silent_s >= self._silence_s(link)

    def _watch(self) -> None:
        """Check whether the leader is silent, now and when it may next be."""
        if self._watching is not None:
            self._watching.cancel()
        leader = self._leader
        if leader is None:
            return
        left_s = self._silence_s(leader) - leader.silent_s
        if left_s <= 0:
            self.suspect(leader, "it is silent")
            left_s = self._silence_s(leader)
        self._watching = self._loop.call_later(left_s, self._watch)

    def _renew(self, reason: str, *, is_sure: bool = True) -> None:
        leader = self._leader
        if leader is None:
            return
        leader.is_doomed |= is_sure
        leader.attempt.reason = reason
        if any(link.replaces is leader for link in self._links):
            return
        self._start(leader.transport).replaces = leader

    def _renewal_failed(self, leader: Link, link: Link, end: End) -> None:
        if not leader.is_doomed and leader.heard_s > leader.suspected_s:
            leader.attempt.reason = ""
            return  # it was only slow
        self._drop(leader, Outcome.DIED, leader.attempt.reason)
        self.on_end(leader, End(outcome=Outcome.DIED, reason=leader.attempt.reason))

    def _deliver(self, push: Push) -> None:
        if push["type"] == "left" and push["user"] == self.user:
            self.positions.leave(push["room"])
        self.inbox.put(push)

    def _enter(self, state: State, reason: str) -> None:
        self.state, self.reason = state, reason
        self._on_change()

    async def _wait(self, wait_s: float) -> None:
        self._wake.clear()
        try:
            async with asyncio.timeout(wait_s):
                await self._wake.wait()
        except TimeoutError:
            pass

    def _now_s(self) -> float:
        return self._loop.time() - self._began_s
