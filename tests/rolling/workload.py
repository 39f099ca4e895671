"""Restarts three instances behind haproxy one after the other, with all clients connected."""

import asyncio
import random
import resource
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from chat.ops.drain import GOODBYES_PER_S
from tests.chaos.checker import Event, Stored, judge
from tests.chaos.irc_people import ByIrc, IrcPerson
from tests.rolling.member import Member
from tests.rolling.visitor import Visitor
from tests.support.haproxy import Haproxy, run_haproxy
from tests.support.server import ServerProcess
from tests.support.site import DURABLE, Site, run_site
from tests.support.wire import TRANSPORTS

INSTANCES = 3
IN_A_ROOM = 25
# The time between two messages in a room. All rooms of 1,000 clients together make 10 messages
# and 250 deliveries a second.
EVERY_S = 4.0
ENTERING_AT_ONCE = 20
# The clients that send requests over a kept connection, and their interval.
VISITORS = 10
VISIT_EVERY_S = 0.1
# The people with an IRC client in the lobby; each writes from another one, too.
IRC_PEOPLE = 3
# Before the first restart, and after the last.
CALM_S = 3.0
CATCH_UP_S = 20.0

# The promise. It includes up to half a second that a goodbye tells the client to wait.
P99_GAP_S = 2.0
# Clients are sent away at a steady rate and come back at random moments: more in one second than
# in another.
MOST_BACK_IN_A_SECOND = round(1.25 * GOODBYES_PER_S)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The outcome of a run, as clients saw it."""

    clients: int
    acknowledged: int
    lost: int
    doubled: int
    reordered: int
    resyncs: int
    errors_5xx: int
    odd_ends: Counter[str]  # answers that haproxy could not complete
    visits: Counter[int]  # answers over kept connections, by status
    unanswered: int  # requests on new connections that were closed without an answer
    returns: list[int]  # in each second, from the first signal on
    gaps_s: list[float]  # each client's longest time without a connection
    untouched: list[Member]  # members that were never without one
    late_s: list[float]  # each client's largest delay of a message after it was stored
    drains_s: list[float]  # from signal to exit
    exit_codes: list[int]
    reasons: Counter[str]  # why clients came back
    irc: ByIrc
    faults: list[str]
    surprises: list[str]  # log lines of the instances
    busy: float  # of the machine's time, others' work included

    @property
    def busiest_second(self) -> int:
        return max(self.returns, default=0)

    @property
    def broken(self) -> list[str]:
        """Return the broken promises that hold on any machine, however slow."""
        found = [*self.faults, *self.irc.faults, *self.surprises]
        if self.resyncs:
            found.append(f"{self.resyncs} clients were told to load a room anew")
        if self.errors_5xx:
            found.append(f"clients got {self.errors_5xx} answers that were 5xx")
        if self.unanswered or set(self.visits) - {200}:
            found.append(f"visitors got {dict(self.visits)}, and {self.unanswered} times no answer")
        if any(self.exit_codes):
            found.append(f"instances ended with {self.exit_codes}")
        return found

    @property
    def late(self) -> list[str]:
        """Return the broken promises of time and of spread, which need an idle machine."""
        found = []
        for name, values in (("gap", self.gaps_s), ("latest message", self.late_s)):
            if (p99_s := percentile(values, 0.99)) >= P99_GAP_S:
                found.append(f"the p99 of each client's {name} is {p99_s:.1f} s")
        if self.busiest_second > MOST_BACK_IN_A_SECOND:
            found.append(f"{self.busiest_second} clients came back in one second")
        return found

    def __str__(self) -> str:
        return (
            f"{self.clients} clients, {sum(self.returns)} came back: lost {self.lost}, doubled "
            f"{self.doubled}, out of order {self.reordered}, 5xx {self.errors_5xx}; gap p50 "
            f"{percentile(self.gaps_s, 0.5):.2f} s, p99 {percentile(self.gaps_s, 0.99):.2f} s, "
            f"longest {max(self.gaps_s, default=0):.2f} s; latest message p99 "
            f"{percentile(self.late_s, 0.99):.2f} s; at most {self.busiest_second} back in a "
            f"second; drains {', '.join(f'{s:.1f}' for s in self.drains_s)} s; "
            f"{self.acknowledged} messages, {self.visits.total()} requests; {self.irc}; machine "
            f"{self.busy:.0%} busy"
        )


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value below which ``part`` of ``values`` are; 0 if there are none."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else 0.0


def run(clients: int) -> Outcome:
    """Restart all instances with ``clients`` connected, a third by each transport."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with run_site(INSTANCES, *DURABLE, has_irc=True) as site:
        with run_haproxy([server.port for server in site.servers]) as haproxy:
            return asyncio.run(_run(site, haproxy, clients))


async def _run(site: Site, haproxy: Haproxy, clients: int) -> Outcome:
    histories: dict[str, list[Event]] = {}
    members = []
    for number in range(clients):
        room = f"room-{number // IN_A_ROOM}"
        history = histories.setdefault(room, [])
        transport = TRANSPORTS[number % len(TRANSPORTS)]
        members.append(Member(haproxy.url, room, transport, number, history))
    visitors = [Visitor(haproxy.url, "general") for _ in range(VISITORS)]
    people = [IrcPerson(f"irc-{n}", site.urls, site.irc_ports) for n in range(IRC_PEOPLE)]
    dice = random.Random(clients)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_entered(members))
        for person in people:
            await (await stack.enter_async_context(person)).begin(site.top())
        places = {member.room: await member.greet() for member in members[::IN_A_ROOM]}
        await _until(lambda: all(member.place == places[member.room] for member in members))
        for member in members:
            member.begin()
        machine = _Machine()
        codes, drains_s, began_s = await _restart_all(site, haproxy, members, visitors, people)
        busy = machine.busy
        tops = {room: site.top(room) for room in histories}
        await _until(lambda: all(member.place == tops[member.room] for member in members))
        for person in people:
            await person.judge(site.kept(), site.top(), dice)
        answers = list(haproxy.answers)
    verdicts = []
    for room, history in histories.items():
        stored = [Stored(*place, key) for *place, key in site.stored(room)]
        verdicts.append(judge(history, stored, site.top(room)))
    returns = Counter(int(back - began_s) for member in members for back in member.back_at)
    return Outcome(
        clients=clients,
        acknowledged=sum(verdict.acknowledged for verdict in verdicts),
        lost=sum(len(verdict.lost) + len(verdict.holes) for verdict in verdicts),
        doubled=sum(len(verdict.duplicated) for verdict in verdicts),
        reordered=sum(len(verdict.out_of_order) for verdict in verdicts),
        resyncs=sum(verdict.resyncs for verdict in verdicts),
        errors_5xx=sum(answer.status >= 500 for answer in answers),
        odd_ends=Counter(
            f"{answer.status} {answer.end} {answer.path}"
            for answer in answers
            if answer.status >= 500 or answer.end.startswith("S")
        ),
        visits=sum((visitor.statuses for visitor in visitors), Counter()),
        unanswered=sum(visitor.unanswered for visitor in visitors),
        returns=[returns[second] for second in range(max(returns, default=-1) + 1)],
        gaps_s=[max(member.gaps_s, default=0.0) for member in members],
        untouched=[member for member in members if not member.gaps_s],
        late_s=[max(member.late_s, default=0.0) for member in members],
        drains_s=drains_s,
        exit_codes=codes,
        reasons=Counter(reason for member in members for reason in member.refusals),
        irc=ByIrc.of(people),
        faults=[fault for verdict in verdicts for fault in verdict.faults],
        surprises=site.surprises(),
        busy=busy,
    )


@asynccontextmanager
async def _entered(members: Sequence[Member]) -> AsyncIterator[None]:
    gate = asyncio.Semaphore(ENTERING_AT_ONCE)
    async with AsyncExitStack() as stack:

        async def enter(member: Member) -> None:
            async with gate:
                await stack.enter_async_context(member)

        await asyncio.gather(*map(enter, members))
        yield


async def _restart_all(
    site: Site,
    haproxy: Haproxy,
    members: Sequence[Member],
    visitors: Sequence[Visitor],
    people: Sequence[IrcPerson],
) -> tuple[list[int], list[float], float]:
    """Restart each instance while members talk; return exit codes, drain times, and the start."""
    is_over = False
    async with asyncio.TaskGroup() as group:
        for member in members[::IN_A_ROOM]:  # one of each room; with 25 a room, all transports
            group.create_task(member.talk(EVERY_S, lambda: is_over))
        for visitor in visitors:
            group.create_task(visitor.visit(VISIT_EVERY_S, lambda: is_over))
        for number, person in enumerate(people):
            group.create_task(person.read(lambda: is_over, random.Random(number)))
            group.create_task(person.write(lambda: is_over, random.Random(number)))
        await asyncio.sleep(CALM_S)
        began_s = time.monotonic()
        codes, drains_s = [], []
        for server in site.servers:
            signal_s = time.monotonic()
            codes.append(await asyncio.to_thread(server.stop))
            drains_s.append(time.monotonic() - signal_s)
            await asyncio.to_thread(_start, server, haproxy)
        await _until(lambda: all(member.is_connected for member in members))
        await asyncio.sleep(CALM_S)
        is_over = True
    return codes, drains_s, began_s


def _start(server: ServerProcess, haproxy: Haproxy) -> None:
    server.start()
    haproxy.until_up(server.port)


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(CATCH_UP_S):
        while not is_so():  # noqa: ASYNC110  a thousand clients have no common event
            await asyncio.sleep(0.1)


class _Machine:
    """Measures how busy the machine is, from its creation on."""

    def __init__(self) -> None:
        self._began = self._ticks()

    @property
    def busy(self) -> float:
        idle, total = (now - then for now, then in zip(self._ticks(), self._began, strict=True))
        return 1 - idle / total

    @staticmethod
    def _ticks() -> tuple[int, int]:
        with open("/proc/stat") as file:
            ticks = [int(field) for field in file.readline().split()[1:9]]
        return ticks[3] + ticks[4], sum(ticks)
