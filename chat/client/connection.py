"""One connection to the server: several links attach, and one at a time carries the conversation.

To take over, a link needs only the other to be closed: each link reads from a cursor at or before
the client's, and duplicates are recognised by their offsets.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Final

from chat.client import policy
from chat.client.history import Outcome
from chat.client.keep_alive import KeepAlive
from chat.client.link import End, Link, Listener
from chat.client.memory import Memory
from chat.client.negotiator import Offers
from chat.client.positions import Push
from chat.client.race import Race
from chat.client.receiver import Receiver
from chat.client.transports.transport import LOST, Ended
from chat.client.upgrade import Upgrade

# Servers answer a command, or report that they can't, within 6 s.
REPLY_S: Final = 10.0


class Connection:
    """The links of one negotiation, until none is left."""

    def __init__(
        self,
        offers: Offers,
        *,
        memory: Memory,
        receiver: Receiver,
        rng: random.Random,
        attach: Callable[[str, Listener], Link],
        on_active: Callable[[Link, bool], None],
    ) -> None:
        """``attach`` starts a link at the client's cursor, beside all others.

        ``on_active`` is called when another link becomes active, and whether its transport is
        another one, too.
        """
        self.active: Link | None = None  # the link that carries the conversation
        self.advice: str | None = None  # the server's, which transport to try first next time
        self.lived_s = 0.0  # how long the active link that ended last had lived
        self._offers = offers
        self._memory = memory
        self._receiver = receiver
        self._attach = attach
        self._on_active = on_active
        self._links: set[Link] = set()
        self._retired: set[Link] = set()  # replaced, but with commands still unanswered
        self._race = Race((), rtt_s=offers.rtt_s, start=self._start)
        self._keep_alive: KeepAlive | None = None
        self._upgrade = Upgrade(rng, self._try_better)
        self._over: asyncio.Future[End] = asyncio.get_running_loop().create_future()

    async def run(self, transports: Sequence[str]) -> End:
        """Race ``transports``; return why the last link ended. Cancelling closes all links."""
        is_quarantined = self._memory.quarantine.is_quarantined
        self._begin_race(
            [transport for transport in transports if not is_quarantined(transport)],
            [transport for transport in transports if is_quarantined(transport)],
        )
        try:
            return await self._over
        finally:
            self._stop_timers()
            self.active = None
            for link in (*self._links, *self._retired):
                self._drop(link)

    async def ask(self, command: Push) -> Push:
        """Ask the active link; suspect it if its reply is late. Raises as Transport.ask does."""
        link = self.active
        if link is None:
            raise Ended("not attached")
        loop, doubt_s = asyncio.get_running_loop(), policy.deadline_s(self._offers.rtt_s)
        doubt = loop.call_later(doubt_s, self._suspect, link, "a command is unanswered")
        try:
            async with asyncio.timeout(REPLY_S):
                return await link.ask(command)
        except (Ended, *LOST):
            self._suspect(link, "a command was not answered", is_sure=True)
            raise
        finally:
            doubt.cancel()

    def renew(self, reason: str) -> None:
        """Replace the active link by one that is attached now."""
        if self.active is not None and self._keep_alive is not None:
            self._keep_alive.renew(reason, is_sure=True)

    def network_changed(self) -> None:
        if self.active is not None:
            self._suspect(self.active, "the network has changed")
            self._upgrade.try_now()

    # Events of links: chat.client.link.Listener

    def on_push(self, link: Link, push: Push) -> End | None:
        return self._receiver.receive(link, push, is_active=link is self.active)

    def on_proven(self, link: Link) -> None:
        self._memory.proven(link.transport)
        if self.active is None or (self._keep_alive and link is self._keep_alive.renewal):
            self._promote(link)
        elif not policy.is_better(link.transport, self.active.transport):
            self._drop(link)
        elif trial_s := self._memory.quarantine.trial_s(link.transport):
            asyncio.get_running_loop().call_later(trial_s, self._pass_trial, link)
        else:
            self._promote(link)

    def on_end(self, link: Link, end: End) -> None:
        if link in self._retired:
            return
        self._links.discard(link)
        self._memory.ended(
            link.attempt,
            lived_s=link.lived_s,
            silent_s=link.silent_s,
            longest_silence_s=link.longest_silence_s,
        )
        if self._over.done():
            return
        self.advice = end.advice or self.advice
        keep_alive = self._keep_alive
        if not policy.is_come_back(end.code):
            self._over.set_result(end)
        elif link is self.active:
            self._lost(link, end)
        elif self.active is None:
            self._race.failed(link)
            if not self._links and self._race.is_exhausted:
                self._over.set_result(end)
        elif keep_alive is not None and link is keep_alive.renewal:
            if keep_alive.renewal_failed():
                dead, reason = self.active, self.active.attempt.reason
                self._drop(dead, Outcome.DIED, reason)
                self.on_end(dead, End(outcome=Outcome.DIED, reason=reason))
        else:
            self._race.failed(link)
            self._plan_upgrade()

    def _promote(self, link: Link) -> None:
        """Let ``link`` carry the conversation, and close all links that are no better."""
        old, keep_alive, self.active = self.active, self._keep_alive, link
        is_other = old is None or old.transport != link.transport
        self.advice = None
        self._race.stop()
        if old is not None and keep_alive is not None:
            keep_alive.stop()
            if keep_alive.is_silent:
                self._memory.quarantine.ended(old.transport, old.lived_s)
                self._drop(old, Outcome.DIED, f"silent for {old.silent_s:.0f} s")
            elif not keep_alive.is_suspected:
                self._retire(old)
        for other in tuple(self._links):
            if other is not link and not policy.is_better(other.transport, link.transport):
                self._drop(other)
        self._receiver.activate(link, is_first=old is None)
        self._keep_alive = KeepAlive(
            link,
            silence_s=policy.silence_s(
                link.transport, heartbeat_s=link.heartbeat_s, hold_s=self._offers.hold_s
            ),
            renewal_s=None if link.transport == "longpoll" else self._memory.renewal_s,
            attach=self._start,
        )
        if is_other:
            self._upgrade.stop()
            self._upgrade.tries = 0
        self._plan_upgrade()
        self._on_active(link, is_other)

    def _lost(self, link: Link, end: End) -> None:
        """Replace the active link, which has ended, by the best proven one or by its renewal."""
        self.active, self.lived_s = None, link.lived_s
        self._stop_timers()
        proven = [other for other in self._links if other.is_proven]
        if proven:
            self._promote(min(proven, key=lambda it: policy.TRANSPORTS.index(it.transport)))
        elif self._keep_alive is None or self._keep_alive.renewal not in self._links:
            self._over.set_result(end)

    def _suspect(self, link: Link, reason: str, *, is_sure: bool = False) -> None:
        if link is self.active and self._keep_alive is not None:
            self._keep_alive.suspect(reason, is_sure=is_sure)

    def _pass_trial(self, link: Link) -> None:
        if link not in self._links or link is self.active or self.active is None:
            return
        self._memory.quarantine.passed(link.transport)
        if policy.is_better(link.transport, self.active.transport):
            self._promote(link)

    def _plan_upgrade(self) -> None:
        """Plan to try better transports, unless some are under way."""
        better = self._better()
        if better and not any(link.transport in better for link in self._links):
            self._upgrade.plan()

    def _try_better(self) -> None:
        attached = {link.transport for link in self._links}
        self._begin_race([transport for transport in self._better() if transport not in attached])

    def _better(self) -> list[str]:
        active = self.active
        return policy.better_than(active.transport, self._offers.transports) if active else []

    def _begin_race(self, transports: Sequence[str], last_resorts: Sequence[str] = ()) -> None:
        self._race.stop()
        self._race = Race(
            transports, last_resorts=last_resorts, rtt_s=self._offers.rtt_s, start=self._start
        )

    def _start(self, transport: str) -> Link:
        link = self._attach(transport, self)
        self._links.add(link)
        return link

    def _drop(self, link: Link, outcome: Outcome = Outcome.OUTRUN, reason: str = "") -> None:
        self._links.discard(link)
        link.close(outcome, reason)

    def _retire(self, link: Link) -> None:
        self._links.discard(link)
        self._retired.add(link)
        link.task.add_done_callback(lambda _: self._retired.discard(link))
        link.retire()

    def _stop_timers(self) -> None:
        self._race.stop()
        self._upgrade.stop()
        if self._keep_alive is not None:
            self._keep_alive.stop()
