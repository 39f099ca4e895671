"""Decides when to write: at the end of a turn of the loop, or later, to join more pushes."""

import asyncio
from collections.abc import Callable
from typing import Final

from chat.hub.reader import Reader
from chat.hub.room import LiveRoom

# The approximate cost of writing to one reader. After a fan-out, a room's next write is delayed
# for as long as the fan-out took, so that fan-outs take at most half of the time. Pushes that
# arrive meanwhile are joined, which under load is most of the possible gain. A turn with a single
# push means no load, so nothing is delayed. Rooms of a few dozen readers never notice.
FAN_OUT_S: Final = 8e-6
# After answering N polls, a room waits up to N times this for those clients to return: as long as
# it takes to answer N clients if each request must be fully examined.
POLL_S: Final = 300e-6
# When a delay is over, messages that respond to the last fan-out may still be on their way to the
# disk. The room waits for them, 2 ms with 500 readers. Otherwise they would come in a turn of their
# own, and so would the responses to those, for ever: twice as many writes and answers to polls.
STORE_S: Final = 4e-6


class WriteSchedule:
    """The rooms and readers that wait for the next write."""

    def __init__(
        self, is_storing: Callable[[], bool], write: Callable[[dict[LiveRoom, None], bool], None]
    ) -> None:
        """``is_storing``: more entries are on their way.

        ``write`` gets the rooms to write, and whether it must write everything now: it may leave
        readers for the next turn, when those that have just been served have their replies, too.
        """
        self.readers: list[Reader] = []  # that have pending chunks
        self._is_storing = is_storing
        self._write = write
        self._rooms: dict[LiveRoom, None] = {}  # with pushes of this turn
        self._delayed: dict[LiveRoom, None] = {}
        self._is_due = False  # the write at the end of this turn
        self._timer: asyncio.TimerHandle | None = None

    def add_room(self, live: LiveRoom) -> None:
        """Write the pushes of ``live`` at the end of this turn, or when its delay is over."""
        self._rooms[live] = None
        if not self._is_due:
            self._write_soon()

    def add_reader(self, reader: Reader) -> None:
        """Write to ``reader`` at the end of this turn."""
        self.readers.append(reader)
        if not self._is_due:
            self._write_soon()

    def end_delay(self, live: LiveRoom) -> None:
        """Write to ``live`` in this turn, if it waits: the clients it waited for are back."""
        live.delayed_until_s = min(live.delayed_until_s, asyncio.get_running_loop().time())
        if live in self._delayed:
            del self._delayed[live]
            self.add_room(live)

    def discard(self, live: LiveRoom) -> None:
        """Forget ``live``, which has no readers any more."""
        self._rooms.pop(live, None)
        self._delayed.pop(live, None)

    def write_now(self) -> None:
        """Write everything queued so far, also of delayed rooms."""
        self._rooms.update(self._delayed)
        self._write_all(is_flush=True)

    def _write_soon(self) -> None:
        self._is_due = True
        asyncio.get_running_loop().call_soon(self._end_turn)

    def _end_turn(self) -> None:
        """Write everything queued, except for rooms whose delays are not over."""
        if not self._is_due:  # it was written meanwhile
            return
        now = asyncio.get_running_loop().time()
        store_s = STORE_S if self._is_storing() else 0.0
        for live in tuple(self._rooms):
            until_s = live.delayed_until_s + store_s * len(live)
            if until_s > now:
                del self._rooms[live]
                self._delayed[live] = None
                self._wake_at(until_s)
        self._write_all(is_flush=False)

    def _write_all(self, *, is_flush: bool) -> None:
        self._is_due = False
        rooms, self._rooms = self._rooms, {}
        for live in rooms:
            self._delayed.pop(live, None)
        self._write(rooms, is_flush)
        if self.readers and not self._is_due:
            self._write_soon()
        if rooms:
            now = asyncio.get_running_loop().time()
            for live in rooms:
                live.delayed_until_s = now + live.delay_s

    def _wake_at(self, moment_s: float) -> None:
        if self._timer is not None:
            if self._timer.when() <= moment_s:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(moment_s, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._rooms.update(self._delayed)
        self._delayed.clear()
        self._is_due = True
        self._end_turn()
