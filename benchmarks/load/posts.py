"""The load of a program that sends by requests, one after the other on one connection."""

import http.client
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from benchmarks.load.contenders import Contender
from benchmarks.load.dialects import text
from benchmarks.load.figures import Clock, Figures, Span
from benchmarks.load.runs import WARM_UP_S
from benchmarks.load.stream import Lost

ROOM: Final = "general"  # where everybody is


class Poster:
    """Sends messages to a room that nobody reads, ``batch`` of them in a request."""

    def __init__(self, port: int, batch: int) -> None:
        self.stored = 0
        self.latencies_s: list[float] = []
        self._batch = batch
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._connection.request("GET", "/api/rooms")
        answer = self._connection.getresponse()
        answer.read()
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
        self._headers = {"Cookie": cookie, "Content-Type": "application/json"}

    def post_until(self, moment: float) -> None:
        """Post, wait for the answer, and post again. Raises Lost if a message is refused."""
        while Clock() < moment:
            numbers = range(self.stored, self.stored + self._batch)
            commands = [
                {"type": "send", "room": ROOM, "text": text(0, number), "key": f"0-{number}"}
                for number in numbers
            ]
            body = json.dumps(commands)
            said_at = Clock()
            self._connection.request("POST", "/send", body, self._headers)
            answer = self._connection.getresponse().read()
            self.latencies_s.append(Clock() - said_at)
            if answer.count(b'"offset":') != self._batch:
                raise Lost(f"Not all of {self._batch} messages were stored: {answer[:200]!r}")
            self.stored += self._batch

    def close(self) -> None:
        self._connection.close()


def posts(
    contender: Contender, *, batch: int, seconds: float, warm_up_s: float = WARM_UP_S
) -> Figures:
    """Post ``batch`` messages at a time; the reply to each counts as its delivery."""
    with contender.run() as running, closing(Poster(running.ports[0], batch)) as poster:
        (folder,) = running.folders
        empty_bytes = _log_bytes(folder)
        poster.post_until(Clock() + warm_up_s)
        poster.latencies_s.clear()
        before = poster.stored
        span = Span(running)
        poster.post_until(Clock() + seconds)
        span.close()
        grown_bytes = _log_bytes(folder) - empty_bytes
        figures = Figures(
            latencies_ms=[1e3 * latency_s for latency_s in poster.latencies_s],
            disk_bytes_per_message=grown_bytes / poster.stored,
        )
        span.put(figures, poster.stored - before)
    return figures


def _log_bytes(folder: Path) -> int:
    """Return the size of the logs of rooms, with nothing left in the write-ahead log."""
    path = folder / "parley.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        (is_busy, *_), *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if is_busy:
        raise RuntimeError(f"{path}: the checkpoint could not be finished.")
    return path.stat().st_size
