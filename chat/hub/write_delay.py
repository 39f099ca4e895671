"""Delays the writes of busy rooms, so that more pushes are joined into each."""

import asyncio
from collections.abc import Callable, Collection
from typing import Final

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
# disk. The room waits for them, 2 ms with 500 readers. Otherwise they would come in a turn of
# their own, and so would the responses to those, for ever: twice as many writes and answers to
# polls.
STORE_S: Final = 4e-6


class WriteDelay:
    """The rooms whose pushes wait for more of them."""

    def __init__(
        self, is_storing: Callable[[], bool], on_over: Callable[[dict[LiveRoom, None]], None]
    ) -> None:
        """``on_over`` gets the rooms that wait, when the first of their delays is over.

        ``is_storing`` returns whether more entries are on their way to the logs.
        """
        self._is_storing = is_storing
        self._on_over = on_over
        self._waiting: dict[LiveRoom, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, rooms: Collection[LiveRoom]) -> None:
        """Delay the next writes of ``rooms``, which were just written to."""
        now = asyncio.get_running_loop().time()
        for live in rooms:
            live.delayed_until_s = now + live.delay_s

    def hold_back(self, rooms: dict[LiveRoom, None]) -> None:
        """Take those out of ``rooms`` whose delays are not over."""
        now = asyncio.get_running_loop().time()
        store_s = STORE_S if self._is_storing() else 0.0
        for live in tuple(rooms):
            until_s = live.delayed_until_s + store_s * len(live)
            if until_s > now:
                del rooms[live]
                self._waiting[live] = None
                self._wake_at(until_s)

    def end(self, live: LiveRoom) -> bool:
        """End the delay of ``live``; return whether pushes of it were waiting."""
        now = asyncio.get_running_loop().time()
        live.delayed_until_s = min(live.delayed_until_s, now)
        return self.discard(live)

    def discard(self, live: LiveRoom) -> bool:
        """Forget ``live``; return whether pushes of it were waiting."""
        if live not in self._waiting:
            return False
        del self._waiting[live]
        return True

    def take_all(self) -> dict[LiveRoom, None]:
        """Return the rooms that wait, and forget them."""
        rooms, self._waiting = self._waiting, {}
        return rooms

    def _wake_at(self, moment_s: float) -> None:
        """Look for delays that are over at this moment, or before."""
        if self._timer is not None:
            if self._timer.when() <= moment_s:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(moment_s, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._on_over(self.take_all())
