"""Many readers at little cost: most only count received bytes, a few parse them.

All readers of a room receive the same bytes, so a count of bytes is a count of messages; at the
end each must have received the last one. The sockets of readers that only count are emptied on a
timer, not when data arrives, so the generator's cost does not grow with a server's writes.
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
# Connections that are opened at the same time, except in a storm.
CONNECTING: Final = 100
# Pause per reader; emptying one takes some 2 µs, so emptying takes a tenth of the time.
EMPTYING_S: Final = 20e-6
EMPTYING_LEAST_S: Final = 0.005  # the shortest pause
# The most readers emptied at once: that takes 1 ms, during which no witness is read.
EMPTYING_MOST: Final = 500
WITNESSES: Final = 20

# How long the last message may take to reach the last reader.
FINISH_S: Final = 10.0

Clock = time.perf_counter
Member = Stream | Poller


class Crowd:
    """Readers of one server; some of them also speak."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self.speakers: list[Stream] = []
        self.ahead = 1
        self.witnesses: list[Member] = []
        self._passive: deque[Member] = deque()
        self._poll = select.epoll()
        self._active: dict[int, Member] = {}
        self._speaker_of: dict[Member, Stream] = {}
        self._empty_at = 0.0

    def connect(
        self, members: Sequence[Callable[[], Member]], *, at_once: int = CONNECTING
    ) -> list[float]:
        """Connect ``members``, ``at_once`` at a time; return the seconds until each was ready.

        A member whose connection is reset connects again: Linux may reset connections when the
        queue of a listening socket overflows (SYN cookies).
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

    def appoint(
        self, speakers: Sequence[Stream], ears: Sequence[Member], *, ahead: int = 1
    ) -> None:
        """Assign the roles: ``speakers``, one ear for each of them, and some witnesses of all.

        ``ahead`` is how many messages a speaker keeps under way.
        """
        self.speakers = list(speakers)
        self.ahead = ahead
        self._speaker_of = dict(zip(ears, speakers, strict=True))
        for ear in ears:
            ear.role = Role.EAR if ahead == 1 else Role.COUNTER
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
        """Read until nothing has arrived for ``quiet_s``."""
        last = Clock()
        while Clock() - last < quiet_s:
            for fd, _ in self._poll.poll(quiet_s):
                self._active[fd].look()
                last = Clock()
            self.empty(len(self._passive))

    def empty(self, count: int) -> None:
        """Empty the sockets of ``count`` passive readers, those emptied longest ago first."""
        for _ in range(count):
            self._passive[0].drop()
            self._passive.rotate(-1)

    def turn(
        self,
        until: float,
        on_own: Callable[[Stream], None],
        on_witnessed: Callable[[Mark], None],
    ) -> None:
        """Read what has arrived, or wait for data until ``until`` at most.

        ``on_own`` is called when a speaker's last message reaches its ear, or each of them if it
        keeps several under way; ``on_witnessed`` with each mark that a witness reads.
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
            if member.role is Role.COUNTER:
                speaker = self._speaker_of[member]
                for number, _ in marks:
                    if number == speaker.number:
                        on_own(speaker)
            if member.role is Role.WITNESS:
                for mark in marks:
                    on_witnessed(mark)

    def finish(self) -> int:
        """Send a last message and wait for it everywhere; return how many members lack it."""
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
