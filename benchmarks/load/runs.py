"""The kinds of load: each function drives a server once and returns the figures of that run."""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

from benchmarks.load.contenders import Contender
from benchmarks.load.crowd import TIMEOUT_S, Crowd, crowd
from benchmarks.load.figures import Clock, Figures, Span
from benchmarks.load.servers import Running
from benchmarks.load.stream import Lost, Mark, Stream
from benchmarks.machine import memory_bytes

WARM_UP_S: Final = 1.0
# A steady load waits for no reply, so several speakers take turns.
SPEAKERS: Final = 20
# Messages that are sent one by one, each to all members.
ONE_BY_ONE: Final = 10
# When no message has arrived for this long, all members have it.
SETTLE_S: Final = 0.1


class Talk:
    """Sends messages in a crowd and measures when they arrive."""

    def __init__(self, them: Crowd) -> None:
        self.heard = 0
        self.latencies_s: list[float] = []
        self.idle = deque(them.speakers * them.ahead)
        self.is_over = False
        self._them = them
        self._said_at: dict[Mark, float] = {}

    def begin(self, under_way: int) -> None:
        """Have so many messages under way, until the server is warm."""
        for _ in range(under_way):
            self.say()
        self.keep_on_until(Clock() + WARM_UP_S)

    def say(self) -> None:
        mark = self.idle.popleft().say()
        self._said_at[mark] = Clock()

    def keep_on_until(self, moment: float) -> None:
        """Send the next message, from the next speaker, whenever a speaker has heard itself."""
        while Clock() < moment:
            self._them.turn(moment, self._on_own, self._on_witnessed)

    def steadily_until(self, moment: float, per_s: float) -> None:
        """Send ``per_s`` messages a second, whether the last one has arrived or not."""
        due = Clock()
        self.is_over = True  # an arriving message causes no other
        while due < moment:
            self.say()
            due += 1 / per_s
            while Clock() < due:
                self._them.turn(due, self._on_own, self._on_witnessed)

    def end(self) -> None:
        """Wait until every speaker has heard its last message."""
        self.is_over = True
        give_up_at = Clock() + TIMEOUT_S
        while len(self.idle) < len(self._them.speakers) * self._them.ahead:
            self._them.turn(Clock() + 1, self._on_own, self._on_witnessed)
            if Clock() > give_up_at:
                raise Lost("Not all speakers have heard themselves.")

    def settle(self, quiet_s: float) -> None:
        """Wait until no witness has heard anything for ``quiet_s``."""
        heard, last = -1, Clock()
        while Clock() - last < quiet_s:
            if len(self.latencies_s) != heard:
                heard, last = len(self.latencies_s), Clock()
            self._them.turn(last + quiet_s, self._on_own, self._on_witnessed)

    def _on_own(self, speaker: Stream) -> None:
        self.heard += 1
        self.idle.append(speaker)
        if not self.is_over:
            self.say()

    def _on_witnessed(self, mark: Mark) -> None:
        self.latencies_s.append(Clock() - self._said_at[mark])


def gather(
    them: Crowd,
    contender: Contender,
    running: Running,
    *,
    transport: str,
    members: int,
    speakers: int,
    rooms: int = 1,
    ahead: int = 1,
) -> Figures:
    """Connect ``members`` to ``rooms``, speakers included.

    Speakers use WebSocket, whatever ``transport`` is: only reading is compared. Where
    ``transport`` is another one, each speaker has an ear among the readers.
    """
    places = [
        (running.ports[number % len(running.ports)], room_name(number, rooms), number)
        for number in range(members)
    ]
    them.connect([partial(contender.speaker, *place) for place in places[:speakers]])
    speaking = [member for member in them.members if isinstance(member, Stream)]
    before_bytes = sum(map(memory_bytes, running.pids))
    span = Span(running)
    them.connect([partial(contender.reader, transport, *place) for place in places[speakers:]])
    span.close()
    is_own_ear = transport == "websocket"
    ears = speaking if is_own_ear else them.members[speakers : 2 * speakers]
    them.appoint(speaking, ears, ahead=ahead)
    them.settle()
    grown_bytes = sum(map(memory_bytes, running.pids)) - before_bytes
    return Figures(
        cpu_us_per_connect=1e6 * span.server_s / (members - speakers),
        memory_bytes_per_connection=grown_bytes / (members - speakers),
    )


def arrive(contender: Contender, *, transport: str, members: int) -> Figures:
    """Connect ``members``, who then do nothing."""
    with contender.run() as running, crowd() as them:
        return gather(them, contender, running, transport=transport, members=members, speakers=1)


def room_name(number: int, rooms: int) -> str:
    return "general" if rooms == 1 else f"room{number % rooms}"


def flood(
    contender: Contender,
    *,
    transport: str,
    members: int,
    under_way: int,
    seconds: float,
    rooms: int = 1,
    ahead: int = 1,
) -> Figures:
    """Keep ``under_way`` messages in flight: when one is heard the next is sent.

    Each speaker keeps ``ahead`` of them under way. There is at least one speaker for each room. If
    that makes more speakers than messages, they take turns.
    """
    with contender.run() as running, crowd() as them:
        speakers = max(under_way // ahead, rooms)
        figures = gather(
            them,
            contender,
            running,
            transport=transport,
            members=members,
            speakers=speakers,
            rooms=rooms,
            ahead=ahead,
        )
        talk = Talk(them)
        talk.begin(under_way)
        measure(
            figures, them, talk, running, members, rooms,
            lambda: talk.keep_on_until(Clock() + seconds),
        )  # fmt: skip
        talk.end()
        if rooms == 1:
            figures.lost = them.finish()
    return figures


def steady(
    contender: Contender,
    *,
    transport: str,
    members: int,
    per_s: float,
    seconds: float,
    warm_up_s: float = WARM_UP_S,
) -> Figures:
    """Send ``per_s`` messages a second in one room."""
    with contender.run() as running, crowd() as them:
        figures = gather(
            them, contender, running, transport=transport, members=members, speakers=SPEAKERS
        )
        talk = Talk(them)
        talk.steadily_until(Clock() + warm_up_s, per_s)
        measure(
            figures, them, talk, running, members, 1,
            lambda: talk.steadily_until(Clock() + seconds, per_s),
        )  # fmt: skip
        talk.end()
        figures.lost = them.finish()
    return figures


def measure(
    figures: Figures,
    them: Crowd,
    talk: Talk,
    running: Running,
    members: int,
    rooms: int,
    work: Callable[[], None],
) -> None:
    """Run ``work`` and write its results to ``figures``."""
    metrics, before = them.witnesses[0], talk.heard
    talk.latencies_s.clear()
    bytes_before = metrics.received_bytes
    span = Span(running)
    work()
    span.close()
    messages = talk.heard - before
    span.put(figures, messages * members // rooms)
    figures.bytes_per_message = (metrics.received_bytes - bytes_before) * rooms / max(1, messages)
    figures.latencies_ms = [1e3 * latency_s for latency_s in talk.latencies_s]


def hush(contender: Contender, *, transport: str, members: int, seconds: float) -> Figures:
    """Leave all members idle for ``seconds``, then send them messages one by one."""
    with contender.run() as running, crowd() as them:
        figures = gather(them, contender, running, transport=transport, members=members, speakers=1)
        talk = Talk(them)
        talk.is_over = True  # an arriving message causes no other
        idle = Span(running)
        talk.keep_on_until(Clock() + seconds)
        idle.close()
        figures.idle_cpu_us_per_s = 1e6 * idle.server_s / idle.wall_s / members

        def say_some() -> None:
            for _ in range(ONE_BY_ONE):
                talk.say()
                talk.end()
                talk.settle(SETTLE_S)

        measure(figures, them, talk, running, members, 1, say_some)
        figures.lost = them.finish()
    return figures


def storm(contender: Contender, *, transport: str, members: int) -> Figures:
    """Close all connections, then connect all members again at once."""
    with contender.run() as running, crowd() as before:
        gather(before, contender, running, transport=transport, members=members, speakers=1)
        before.close()
        with crowd() as them:
            back = [
                partial(contender.reader, transport, running.ports[0], "general", members + number)
                for number in range(members)
            ]
            span = Span(running)
            ready_s = them.connect(back, at_once=members)
            span.close()
        figures = Figures(
            cpu_us_per_connect=1e6 * span.server_s / members,
            latencies_ms=[1e3 * moment_s for moment_s in ready_s],
            took_s=ready_s[-1],
            server_busy=span.server_s / span.wall_s,
            generator_busy=span.own_s / span.wall_s,
        )
    return figures
