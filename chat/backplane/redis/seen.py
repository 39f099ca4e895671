"""Remembers how far the logs had come, to tell whether Redis has lost entries."""

import logging
from typing import Final

from chat.backplane.redis.logs import RedisLogs
from chat.metrics.store import StoreMetrics
from chat.protocol.cursor import Position

log: Final = logging.getLogger(__name__)

# The most heads to read at once: one pipeline.
BATCH: Final = 500


class SeenPositions:
    """The last known positions of rooms without readers here, and of acknowledged entries."""

    def __init__(self, logs: RedisLogs, metrics: StoreMetrics) -> None:
        self._logs = logs
        self._metrics = metrics
        self._seen: dict[str, Position] = {}
        self.is_unsure = False  # Redis was away, and may have lost entries

    def of(self, room: str) -> Position | None:
        return self._seen.get(room)

    def note(self, room: str, position: Position) -> None:
        known = self._seen.get(room)
        if known is None or known.epoch != position.epoch or known.offset < position.offset:
            self._seen[room] = position

    def forget(self, room: str) -> None:
        self._seen.pop(room, None)

    async def forget_removed(self) -> None:
        """Forget the positions of removed rooms. Raises Unavailable."""
        seen = list(self._seen.items())
        for begin in range(0, len(seen), BATCH):
            before = dict(seen[begin : begin + BATCH])
            for room, head in (await self._logs.heads(before)).items():
                if head is None and self._seen.get(room) == before[room]:  # else it exists again
                    del self._seen[room]

    async def verify(self) -> None:
        """Begin a new epoch in rooms whose top is before the position that was last seen."""
        self.is_unsure = False
        try:
            before = dict(self._seen)  # entries that are stored meanwhile are not lost
            for room, head in (await self._logs.heads(before)).items():
                seen = before[room]
                if room not in self._seen:
                    continue
                if head is None:  # removed or lost; if it is created again, it has a new epoch
                    del self._seen[room]
                elif head.epoch == seen.epoch and head.offset < seen.offset:
                    renewed = await self._logs.renew(room, seen)
                    if renewed is None:
                        del self._seen[room]
                        continue
                    self.note(room, renewed)
                    self._metrics.resets += 1
                    log.warning("The log of %s was lost; its readers load it anew", room)
        except BaseException:
            self.is_unsure = True
            raise
