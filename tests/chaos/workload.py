"""Writers and readers on every transport, on instances behind a balancer, while things break."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from typing import Any

from tests.chaos import found
from tests.chaos.checker import Event, Kind, Stored, Verdict, event_of, judge
from tests.chaos.closed_room import ClosedRoom
from tests.chaos.deletions import Deletions
from tests.chaos.gone import Gone
from tests.chaos.irc_people import ByIrc, IrcPerson
from tests.chaos.privacy import Privacy
from tests.support.client import LOBBY, RETURN_S, Client
from tests.support.relay import Relay
from tests.support.site import DURABLE, REDIS_AWAY, REDIS_FULL, Site, run_site
from tests.support.wire import LOST, TRANSPORTS, Push

INSTANCES = 3
PEOPLE_PER_TRANSPORT = 2
IRC_PEOPLE = 1
# The probability that a writer without an answer gives up, so that some sends stay unknown.
GIVES_UP = 0.1
# How many messages a writer sends at once, without waiting for the first one's answer.
AT_ONCE = (1, 1, 1, 8)
# Some writers do not wait for the answer; some repeat an answered send, with the same key.
IMPATIENT = 0.2
PATIENCE_S = 0.02
ASKS_AGAIN = 0.1
# What instances log of requests for rooms that are gone, or are somebody else's, and of removals
# that are tried again; and of acts while Redis is away.
GONE = (
    r"WARNING tornado.access: 40[34] (GET /poll|GET /api/rooms/|DELETE /api/rooms/)",
    r"WARNING tornado.access: 40[34] was the answer to ",  # more than an instance logs one by one
    r"WARNING chat.service.acts: The audit log lacks ",
)
# After the last fault has healed, each reader has all entries within this time.
CATCH_UP_S = 20.0


@dataclass
class Outcome:
    """The outcome of a run; ``surprises`` are log lines that no fault explains."""

    verdict: Verdict
    privacy: Privacy
    gone: Gone
    found: found.Found
    irc: ByIrc
    history: list[Event]
    closed_room: list[dict[str, Any]]  # what was heard of it
    faults: Counter[str]
    surprises: list[str]

    @property
    def is_good(self) -> bool:
        return not (self.faults_found or self.surprises)

    @property
    def faults_found(self) -> list[str]:
        privacy = [*self.privacy.leaks, *self.privacy.lost]
        return [
            *self.verdict.faults,
            *privacy,
            *self.gone.faults,
            *self.found.faults,
            *self.irc.faults,
        ]


class Person:
    """Reads by one transport and writes by the matching way, and records both in the history."""

    def __init__(self, name: str, url: str, transport: str, history: list[Event]) -> None:
        self.name = name
        self.reader = Client(url, note=self._note, on_ask=self._note_ask)
        self.closed_room: ClosedRoom | None = None  # the one that this person may be made member of
        self.deletions: Deletions | None = None  # which also removes messages of this person
        self._transport = transport
        self._history = history

    def reading(self) -> AbstractAsyncContextManager[Client]:
        return self.reader.reading(self._transport, reconnects=True)

    async def write(self, is_over: Callable[[], bool], dice: random.Random) -> None:
        """Send until ``is_over``, one message or a few at once; wait for the last answers too."""
        number = 0
        while not is_over():
            keys = [f"{self.name}-{number + ahead}" for ahead in range(dice.choice(AT_ONCE))]
            number += len(keys)
            await asyncio.gather(*(self._send(key, dice) for key in keys))
            # A random pace, not a wait for an event.
            await asyncio.sleep(dice.uniform(0, 0.05))

    async def _send(self, key: str, dice: random.Random) -> None:
        self._history.append(Event(Kind.SEND, self.name, key))
        is_done = False
        while not is_done:
            patience_s = dice.uniform(0, PATIENCE_S) if dice.random() < IMPATIENT else None
            try:
                async with asyncio.timeout(patience_s):
                    reply = await self.reader.send(key)
            except LOST:
                self._history.append(Event(Kind.UNKNOWN, self.name, key))
                is_done = dice.random() < GIVES_UP
                await asyncio.sleep(RETURN_S if patience_s is None else 0)
                continue
            if reply["type"] == "ok":
                place = (reply["epoch"], reply["offset"])
                self._history.append(Event(Kind.OK, self.name, key, place))
                if self.deletions is not None:
                    self.deletions.note_said(self.reader, key, place)
                is_done = dice.random() >= ASKS_AGAIN
                continue
            assert reply["code"] == "unavailable", reply
            self._history.append(Event(Kind.REFUSED, self.name, key))
            await asyncio.sleep(dice.uniform(0, reply["retry_ms"] / 1000))

    def _note_ask(self) -> None:
        if self.deletions is not None:
            self.deletions.note_ask(self.reader)
        if self.closed_room is not None:
            self.closed_room.note_ask(self.reader)

    def _note(self, push: Push) -> None:
        if self.deletions is not None:
            self.deletions.note(self.reader, push)
        if self.closed_room is not None:
            self.closed_room.note(self.reader, push)
        is_elsewhere = push.get("room", LOBBY) != LOBBY  # which has checkers of its own
        event = None if is_elsewhere else event_of(self.name, push)
        if push["type"] == "hello" and not any(e.who == self.name for e in self._history):
            event = Event(Kind.BEGIN, self.name, place=self.reader.seen.positions[LOBBY])
        if event is not None:
            self._history.append(event)


class Faults:
    """The faults; each heals again."""

    def __init__(self, site: Site, balancer: Relay, dice: random.Random) -> None:
        self.done: Counter[str] = Counter()
        self._site = site
        self._balancer = balancer
        self._dice = dice

    async def break_things(self, is_over: Callable[[], bool]) -> None:
        """Break one thing after the other until ``is_over``."""
        faults: tuple[Callable[[], Coroutine[object, object, None]], ...] = (
            self.kill_instance,
            self.freeze_instance,
            self.cut_subscriptions,
            self.cut_connections,
            self.freeze_redis,
            self.kill_redis,
            self.fill_redis,
            self.cut_clients,
        )
        kinds: list[Callable[[], Coroutine[object, object, None]]] = []
        while not is_over():
            if not kinds:  # each kind once before any repeats, so that short runs have them all
                kinds = self._dice.sample(faults, len(faults))
            fault = kinds.pop()
            await fault()
            self.done[fault.__name__] += 1
            # Some faults begin while the last one still heals, some after it.
            await asyncio.sleep(self._dice.uniform(0, 1))

    async def kill_instance(self) -> None:
        server = self._dice.choice(self._site.servers)
        server.kill()
        await asyncio.sleep(self._dice.uniform(0, 1))
        await asyncio.to_thread(server.start)

    async def freeze_instance(self) -> None:
        server = self._dice.choice(self._site.servers)
        server.pause()
        await asyncio.sleep(self._dice.uniform(1, 3))
        server.go_on()

    async def cut_subscriptions(self) -> None:
        with self._site.redis.client() as client:
            client.execute_command("CLIENT KILL TYPE pubsub")

    async def cut_connections(self) -> None:
        with self._site.redis.client() as client:
            client.execute_command("CLIENT KILL TYPE normal SKIPME yes")

    async def freeze_redis(self) -> None:
        self._site.redis.pause()
        await asyncio.sleep(self._dice.uniform(1, 3))
        self._site.redis.go_on()

    async def kill_redis(self) -> None:
        self._site.redis.kill()
        await asyncio.sleep(self._dice.uniform(0, 1))
        await asyncio.to_thread(self._site.redis.start)

    async def fill_redis(self) -> None:
        with self._site.redis.client() as client:
            client.config_set("maxmemory", "1mb")  # less than an empty Redis uses
        await asyncio.sleep(self._dice.uniform(0, 1))
        with self._site.redis.client() as client:
            client.config_set("maxmemory", "0")

    async def cut_clients(self) -> None:
        await self._balancer.cut()


def run(seconds: float, seed: int) -> Outcome:
    """Run a site under load for ``seconds`` while things break; ``seed`` decides what, and when."""
    with run_site(INSTANCES, *DURABLE, has_irc=True) as site:
        site.expect(*REDIS_AWAY, REDIS_FULL, *GONE)
        return asyncio.run(_run(site, seconds, random.Random(seed)))


async def _run(site: Site, seconds: float, dice: random.Random) -> Outcome:
    history: list[Event] = []
    async with AsyncExitStack() as stack:
        balancer = await stack.enter_async_context(Relay([s.port for s in site.servers]))
        faults = Faults(site, balancer, dice)
        url = f"http://127.0.0.1:{balancer.port}"
        people = [
            Person(f"{transport}-{number}", url, transport, history)
            for transport in TRANSPORTS
            for number in range(PEOPLE_PER_TRANSPORT)
        ]
        for person in people:
            await stack.enter_async_context(person.reading())
        closed = ClosedRoom(people[0].reader, [person.reader for person in people[1:]])
        await closed.create()
        for person in people[1:]:
            person.closed_room = closed
        deletions = Deletions([person.reader for person in people])
        for person in people:
            person.deletions = deletions
        of_irc = [IrcPerson(f"irc-{n}", site.urls, site.irc_ports) for n in range(IRC_PEOPLE)]
        for irc_person in of_irc:
            await (await stack.enter_async_context(irc_person)).begin(site.top())
        deadline = time.monotonic() + seconds

        def is_over() -> bool:
            return time.monotonic() > deadline

        own_seed = random.Random(dice.random())
        seeds = [random.Random(dice.random()) for _ in people]
        async with asyncio.TaskGroup() as group:
            group.create_task(faults.break_things(is_over))
            group.create_task(closed.live(is_over, own_seed))
            group.create_task(deletions.live(is_over, random.Random(own_seed.random())))
            for person, own_dice in zip(people, seeds, strict=True):
                group.create_task(person.write(is_over, own_dice))
            for irc_person in of_irc:
                group.create_task(irc_person.read(is_over, random.Random(own_seed.random())))
                group.create_task(irc_person.write(is_over, random.Random(own_seed.random())))
        end = site.top()
        try:
            async with asyncio.timeout(CATCH_UP_S):
                for person in people:
                    await person.reader.until_at(end, within_s=CATCH_UP_S)
                await closed.until_caught_up(site)
                await deletions.until_caught_up()
        except (TimeoutError, AssertionError):
            pass  # a reader that is behind has lost entries: the verdict names them
        gone = await deletions.judge(site)
        searching = [Client(server.url) for server in site.servers]
        is_found = await found.judge([await stack.enter_async_context(one) for one in searching])
        log = [Stored(*stored) for stored in site.stored()]
        for irc_person in of_irc:
            await irc_person.judge(site.kept(), end, own_seed)
    verdict = judge(history, log, end)
    privacy = closed.judge(site)
    return Outcome(
        verdict,
        privacy,
        gone,
        is_found,
        ByIrc.of(of_irc),
        history,
        closed.history,
        faults.done,
        site.surprises(),
    )
