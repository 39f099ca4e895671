"""When to push the presence of a room that has changed: at once, then once in its interval."""

import asyncio
from collections.abc import Callable

from chat.backplane.presence import presence_interval_s
from chat.protocol.pushes import Presence


class PresencePushes:
    """The presence pushes of the rooms here; ``last`` are the newest ones, by room."""

    def __init__(
        self, look: Callable[[str], object], push: Callable[[str, Presence], None]
    ) -> None:
        """``look`` reads the presence of a room and passes it to ``put``, now or later."""
        self.last: dict[str, Presence] = {}
        self._look = look
        self._push = push
        self._changed: set[str] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def is_in_interval(self, room: str) -> bool:
        return room in self._timers

    def changed(self, room: str) -> None:
        """Look at ``room`` in the next turn of the loop, or when its interval is over."""
        self._changed.add(room)
        if room not in self._timers:
            self._timers[room] = asyncio.get_running_loop().call_later(0, self._run, room)

    def put(self, presence: Presence) -> None:
        """Push ``presence`` unless it is the last one: another tab of a user changes nothing."""
        if presence != self.last.get(presence.room):
            self.last[presence.room] = presence
            self._push(presence.room, presence)

    def stop(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _run(self, room: str) -> None:
        if room not in self._changed:
            del self._timers[room]  # no change for an interval: push the next one at once
            return
        self._changed.discard(room)
        self._look(room)
        last = self.last.get(room)
        interval_s = presence_interval_s(0 if last is None else last.count)
        self._timers[room] = asyncio.get_running_loop().call_later(interval_s, self._run, room)
