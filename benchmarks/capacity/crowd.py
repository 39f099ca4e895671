"""The scenarios of benchmarks/load/, run on the model of a server."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from statistics import median
from typing import Final

from benchmarks.capacity.engine import US, Core, Process, World
from benchmarks.capacity.followers import costs
from benchmarks.capacity.instance import Instance, Message, Room
from benchmarks.capacity.parameters import Parameters
from benchmarks.capacity.redis import Redis
from benchmarks.load.crowd import EMPTYING_LEAST_S, EMPTYING_MOST, EMPTYING_S, WITNESSES
from benchmarks.load.runs import ONE_BY_ONE, SPEAKERS, WARM_UP_S
from chat.net.listeners import BACKLOG

# Linux repeats an unanswered SYN every second, four times (tcp_syn_linear_timeouts).
SYN_AGAIN_S: Final = 1.0
SYN_TOGETHER_S: Final = 0.1  # Linux rounds timers that are a second away to common ticks
# The generator's CPU time to empty one reader (benchmarks/load/crowd.py).
EMPTY_US: Final = 2.0
# A witness's cost as a share of an ear's. Measured alone, an ear took 45 µs, of which 20 are
# sending the speaker's next message; a witness took 24, and 1 more for each message.
WITNESS_SHARE: Final = 0.5
WITNESSED_SHARE: Final = 0.02
SAY_US: Final = 20.0
# After this many iterations the result is close enough.
CLOSER: Final = 5


@dataclass(frozen=True)
class Figures:
    """The figures of a run, as in benchmarks.load.figures.Figures."""

    deliveries_per_s: float | None = None
    cpu_us_per_delivery: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    generator_busy: float | None = None


class Talk:
    """A crowd in rooms: when a speaker hears its own message, the next speaker sends one."""

    def __init__(
        self,
        known: Parameters,
        *,
        members: int,
        speakers: int,
        rooms: int = 1,
        instances: int = 1,
        are_polls: bool = False,
        has_ears: bool = False,
        react_us: float = 0.0,
        share: float = 1.0,
        has_heartbeats: bool = False,
    ) -> None:
        """Processes get ``share`` of the servers' core, the kernel's interrupts the rest.

        The first heartbeat comes at the earliest 7 s after a reader (chat/hub/heartbeats.py), so
        shorter runs have none.
        """
        self.world = World()
        core = Core(self.world, share=share)
        self.generator = Process(Core(self.world), waking_s=known.wake_us * US)
        self.members, self.rooms, self._are_polls = members, rooms, are_polls
        self._empty()
        # The cost of idle readers is only added to the total: it is too small to delay messages.
        idle_us_per_s = members * known.idle_us_per_s if has_heartbeats else 0.0
        self._idle_share = US * (instances * known.process_us_per_s + idle_us_per_s)
        self._react_us = react_us
        self._is_answered = False
        self.latencies_s: list[float] = []
        self.heard = 0
        self._speaker_of = {
            number + (speakers if has_ears else 0): number for number in range(speakers)
        }
        rest = [n for n in range(speakers, members) if n not in self._speaker_of]
        self._witnesses = set(rest[:: max(1, len(rest) // WITNESSES)])
        self._idle = deque(range(speakers))
        self.redis = Redis(core, known) if instances > 1 else None
        self.instances = []
        for own in range(instances):
            here = range(own, members, instances)
            places = [[n for n in here if n % rooms == room] for room in range(rooms)]
            watched = self._witnesses | self._speaker_of.keys()
            kept = {
                room: Room(
                    len(numbers),
                    {place: n for place, n in enumerate(numbers) if n in watched},
                    polls=sum(n >= speakers for n in numbers) if are_polls else 0,
                )
                for room, numbers in enumerate(places)
            }
            instance = partial(
                Instance, self.world, core, known, kept, self._hear, answered=self._take_answers
            )
            self.instances.append(
                instance()
                if self.redis is None
                else instance(
                    store=self.redis.store,
                    following=costs(known, instances=instances),
                    on_redis=self.redis.serve,
                )
            )
        if self.redis:
            self.redis.instances = self.instances

    def say(self) -> None:
        number = self._idle.popleft()
        message = Message(number % self.rooms, number, self.world.now_s)
        self.instances[number % len(self.instances)].take(message)

    def keep_under_way(self, count: int) -> None:
        """Send the first ``count`` messages, one after the other, at the generator's pace."""
        self._is_answered = True
        for number in range(count):
            self.world.after(number * SAY_US * US, self.say)

    def steadily(self, per_s: float) -> None:
        self.say()
        self.world.after(1 / per_s, lambda: self.steadily(per_s))

    def measure(self, seconds: float) -> Figures:
        self.latencies_s.clear()
        heard, cpu_s, generator_s = self.heard, self._cpu_s(), self.generator.cpu_s
        self.world.run_until(self.world.now_s + seconds)
        deliveries = (self.heard - heard) * self.members // self.rooms
        spent_s = self._cpu_s() - cpu_s + seconds * self._idle_share
        return Figures(
            deliveries_per_s=deliveries / seconds,
            cpu_us_per_delivery=1e6 * spent_s / max(1, deliveries),
            p50_ms=1e3 * median(self.latencies_s) if self.latencies_s else None,
            generator_busy=(self.generator.cpu_s - generator_s) / seconds,
        )

    def _cpu_s(self) -> float:
        processes = [instance.loop for instance in self.instances]
        processes += [instance.aside for instance in self.instances]
        processes += [self.redis.process] if self.redis else []
        return sum(process.cpu_s for process in processes)

    def _hear(self, number: int, batch: Sequence[Message]) -> None:
        look_us = 0.0 if self._are_polls else self._react_us  # _take_answers counts a poll's cost
        if number in self._witnesses:
            # An ear looks for one message; a witness takes the time of each.
            look_us *= WITNESS_SHARE + WITNESSED_SHARE * len(batch)
            self.generator.wake((look_us * US, lambda: self._metrics(batch)))
            return
        speaker = self._speaker_of[number]
        for message in batch:
            if message.speaker == speaker:
                self.generator.wake((look_us * US, lambda: self._hear_own(speaker)))

    def _take_answers(self, instance: Instance, room: Room, count: int) -> None:
        """Let the generator take ``count`` answers and poll again."""
        cost_us = self._react_us * count
        self.generator.wake((cost_us * US, lambda: instance.ask_again(room, count)))

    def _empty(self) -> None:
        """Let the generator empty the sockets of passive readers, at intervals."""
        portion = 0 if self._are_polls else min(EMPTYING_MOST, self.members)
        self.generator.wake((EMPTY_US * US * portion, lambda: None))
        self.world.after(max(EMPTYING_LEAST_S, EMPTYING_S * portion), self._empty)

    def _metrics(self, batch: Sequence[Message]) -> None:
        self.latencies_s += [self.world.now_s - message.said_at_s for message in batch]

    def _hear_own(self, speaker: int) -> None:
        self.heard += 1
        self._idle.append(speaker)
        if self._is_answered:
            self.say()


def as_costly(cost_us: float, run: Callable[[float], Figures]) -> Figures:
    """Return the figures of ``run`` when the generator spends ``cost_us`` on each delivery.

    The generator's reaction time is no property of the server, but the server waits for it: so
    its cost is taken from the measurement. How busy it is follows from that.
    """
    react_us = 50.0
    for _ in range(CLOSER):
        figures = run(react_us)
        react_us *= cost_us / max(1e-6, generator_us(figures))
    return figures


def generator_us(figures: Figures) -> float:
    """Return the CPU time that the generator has spent on a delivery."""
    assert figures.generator_busy is not None and figures.deliveries_per_s
    return 1e6 * figures.generator_busy / figures.deliveries_per_s


def flood(
    known: Parameters,
    *,
    members: int,
    under_way: int,
    rooms: int = 1,
    instances: int = 1,
    transport: str = "websocket",
    react_us: float = 0.0,
    share: float = 1.0,
    seconds: float = 4.0,
) -> Figures:
    talk = Talk(
        known,
        members=members,
        speakers=max(under_way, rooms),
        rooms=rooms,
        instances=instances,
        are_polls=transport == "longpoll",
        has_ears=transport != "websocket",
        react_us=react_us,
        share=share,
    )
    talk.keep_under_way(under_way)
    talk.measure(WARM_UP_S)
    return talk.measure(seconds)


def steady(
    known: Parameters,
    *,
    members: int,
    per_s: float,
    seconds: float,
    warm_up_s: float = WARM_UP_S,
    react_us: float = 0.0,
) -> Figures:
    talk = Talk(known, members=members, speakers=SPEAKERS, react_us=react_us, has_heartbeats=True)
    talk.steadily(per_s)
    talk.measure(warm_up_s)
    return talk.measure(seconds)


def hush(known: Parameters, *, members: int, every_s: float, react_us: float = 0.0) -> Figures:
    """Send messages one by one, ``every_s``, the pause that the benchmark had."""
    talk = Talk(known, members=members, speakers=1, react_us=react_us)
    talk.steadily(1 / every_s)
    figures = talk.measure(ONE_BY_ONE * every_s)
    return Figures(cpu_us_per_delivery=figures.cpu_us_per_delivery, p50_ms=figures.p50_ms)


def storm(
    known: Parameters, *, members: int, ask_us: float = 0.0, each_us: float | None = None
) -> Figures:
    """Connect all members at once, ``ask_us`` after one another.

    Clients that find the queue of the listening socket full try again a second later, all at once
    as before. ``each_us`` is the cost of one connect; None: as measured for clients that were
    connected before, so that the server also had to close their old connections.
    """
    cost_us = known.return_us if each_us is None else each_us
    world = World()
    instance = Instance(world, Core(world), known, {}, lambda number, batch: None)
    ready_s: list[float] = []
    waiting = 0

    def connected() -> None:
        nonlocal waiting
        waiting -= 1
        ready_s.append(world.now_s)

    def ask() -> None:
        nonlocal waiting
        if waiting > BACKLOG:
            again_s = world.now_s + SYN_AGAIN_S
            world.at(ceil(again_s / SYN_TOGETHER_S) * SYN_TOGETHER_S, ask)
            return
        waiting += 1
        instance.do(cost_us, connected)

    for number in range(members):
        world.at(number * ask_us * US, ask)
    world.run_until(600.0)
    ready_s.sort()
    return Figures(p50_ms=1e3 * median(ready_s), p99_ms=1e3 * ready_s[int(0.99 * members)])
