"""Many readers at little cost: most only count what comes, a few look at it.

All readers of a room are sent the same, so a count of bytes is a count of messages; and at the
end each must have come to the last one. Those that only count are emptied now and then, not when
something comes, so the generator's cost does not grow with the number of a server's writes.
"""

import select
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from benchmarks.load.poller import Poller
from benchmarks.load.stream import Lost, Mark, Role, Stream

TIMEOUT_S: Final = 120.0
# So many are connecting at once, but in a storm.
CONNECTING: Final = 100
# Emptying takes some 2 µs a reader: a tenth of the time.
EMPTYING_S: Final = 20e-6
EMPTYING_LEAST_S: Final = 0.005  # nor more often
# Nor more at once: 1 ms, in which no witness is looked at.
EMPTYING_MOST: Final = 500
WITNESSES: Final = 20

# How long the last message may take to come to the last reader.
FINISH_S: Final = 10.0

Clock = time.perf_counter
Member = Stream | Poller


class Crowd:
    """Readers of one server, of which some speak."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self.speakers: list[Stream] = []
        self.witnesses: list[Member] = []
        self._passive: deque[Member] = deque()
        self._poll = select.epoll()
        self._active: dict[int, Member] = {}
        self._speaker_of: dict[Member, Stream] = {}
        self._empty_at = 0.0

    def connect(
        self, members: Sequence[Callable[[], Member]], *, at_once: int = CONNECTING
    ) -> list[float]:
        """Make and connect these, ``at_once`` at a time; return after how many s each was ready.

        Who is reset comes again: where the queue of a listening socket overflows, Linux may answer
        so (SYN cookies).
        """
        waiting = deque(members)
        poll = select.epoll()
        under_way: dict[int, Member] = {}
        makers: dict[Member, Callable[[], Member]] = {}
        resets = 0
        began = Clock()
        ready_s: list[float] = []
        while waiting or under_way:
            while waiting and len(under_way) < at_once:
                make = waiting.popleft()
                member = make()
                makers[member] = make
                under_way[member.fileno()] = member
                poll.register(member, select.EPOLLOUT)
            if Clock() - began > TIMEOUT_S:
                raise Lost(f"{len(under_way) + len(waiting)} of {len(members)} could not connect.")
            for fd, event in poll.poll(1):
                member = under_way[fd]
                try:
                    if event & select.EPOLLOUT:
                        member.begin()
                        poll.modify(fd, select.EPOLLIN)
                        continue
                    member.go_on()
                except ConnectionResetError:
                    del under_way[fd]
                    member.close()
                    waiting.append(makers[member])
                    resets += 1
                    continue
                if member.is_ready:
                    poll.unregister(fd)
                    del under_way[fd]
                    self.members.append(member)
                    ready_s.append(Clock() - began)
        poll.close()
        if resets:
            print(f"{resets} of {len(members)} were reset and came again.", file=sys.stderr)
        return ready_s

    def appoint(self, speakers: Sequence[Stream], ears: Sequence[Member]) -> None:
        """Have these speak, these hear each what its speaker says, and some witness all."""
        self.speakers = list(speakers)
        self._speaker_of = dict(zip(ears, speakers, strict=True))
        for ear in ears:
            ear.role = Role.EAR
        taken = {*speakers, *ears}
        rest = [member for member in self.members if member not in taken]
        self.witnesses = rest[:: max(1, len(rest) // WITNESSES)]
        for witness in self.witnesses:
            witness.role = Role.WITNESS
        for member in self.members:
            if member.role is Role.PASSIVE and member.is_droppable:
                self._passive.append(member)
            else:
                self._active[member.fileno()] = member
                self._poll.register(member, select.EPOLLIN)

    def settle(self, quiet_s: float = 0.3) -> None:
        """Return when nothing has come for a while."""
        last = Clock()
        while Clock() - last < quiet_s:
            for fd, _ in self._poll.poll(quiet_s):
                self._active[fd].look()
                last = Clock()
            self.empty(len(self._passive))

    def empty(self, count: int) -> None:
        """Empty so many, those who were emptied longest ago."""
        for _ in range(count):
            self._passive[0].drop()
            self._passive.rotate(-1)

    def turn(
        self,
        until: float,
        on_own: Callable[[Stream], None],
        on_witnessed: Callable[[Mark], None],
    ) -> None:
        """Take what has come, or comes before ``until``.

        ``on_own`` is called when what a speaker said last is heard by its ear, ``on_witnessed``
        with each mark that a witness hears.
        """
        now = Clock()
        if now >= self._empty_at:
            portion = min(EMPTYING_MOST, len(self._passive))
            self.empty(portion)
            self._empty_at = now + max(EMPTYING_LEAST_S, EMPTYING_S * portion)
        for fd, _ in self._poll.poll(max(0.0, min(until, self._empty_at) - now)):
            member = self._active[fd]
            if member.role is Role.EAR:
                speaker = self._speaker_of[member]
                if member.has_heard(speaker.said):
                    on_own(speaker)
                continue
            marks = member.look()
            if member.role is Role.WITNESS:
                for mark in marks:
                    on_witnessed(mark)

    def finish(self) -> int:
        """Say a last thing and look for it everywhere; return how many members lack it."""
        last = self.speakers[0].say()
        missing = {member.fileno(): member for member in self.members}
        poll = select.epoll()
        for member in missing.values():
            poll.register(member, select.EPOLLIN)
        end = Clock() + FINISH_S
        while missing and Clock() < end:
            for fd, _ in poll.poll(0.1):
                if fd in missing and last in missing[fd].look():
                    poll.unregister(fd)
                    del missing[fd]
        poll.close()
        return len(missing)

    def pong(self) -> None:
        for member in self.members:
            member.pong()

    def close(self) -> None:
        for member in self.members:
            member.close()
        self.members.clear()
        self._poll.close()


@contextmanager
def crowd() -> Iterator[Crowd]:
    them = Crowd()
    try:
        yield them
    finally:
        them.close()
