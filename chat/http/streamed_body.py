"""Gives a request's body to its handler piece by piece, and limits how slowly it may come. Pure."""

import asyncio
from typing import Final

from chat.http.answering import Taking

# What has to come in each interval. It is 0.5 KiB/s: an old phone's network at its worst sends ten
# times as much.
PROGRESS_BYTES: Final = 16 << 10


class StreamedBody:
    """The body that ``taking`` takes. One piece at a time is on its way: TCP slows the client."""

    __slots__ = ("deadline_s", "is_waited_for", "taking", "_given_s", "_interval_s", "_new_bytes")

    def __init__(self, taking: Taking, *, interval_s: float, now: float) -> None:
        self.taking = taking
        self.is_waited_for = False  # a piece is being taken
        self.deadline_s = now + interval_s
        self._interval_s = interval_s
        self._given_s = now
        self._new_bytes = 0  # in this interval

    def give(self, piece: bytes, *, now: float) -> "asyncio.Future[None]":
        self.is_waited_for = True
        self._given_s = now
        self._new_bytes += len(piece)
        if self._new_bytes >= PROGRESS_BYTES:
            self._new_bytes = 0
            self.deadline_s = now + self._interval_s
        return self.taking.take(piece)

    def given(self, *, now: float) -> None:
        """Note that the last piece was taken; that time is not the client's."""
        self.is_waited_for = False
        self.deadline_s += now - self._given_s
