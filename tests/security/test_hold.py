"""No request of 64 KiB or less blocks the event loop for long.

The tests read from Linux the CPU time of the server's main thread, which runs the loop (other
threads read and write the log), and subtract that of the smallest request. If it is too long, the
median of several runs counts. A slower machine gets more time in proportion: as much as a piece of
Python takes longer here than it took on the machine where LIMIT_MS was set.
"""

import re
import socket
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.worst import KINDS, TOKEN, get
from tests.support.memory import ON_LINUX
from tests.support.server import ServerProcess, run_server

pytestmark = ON_LINUX

LIMIT_MS = 50.0
MOST_BYTES = 64 << 10
TIMES = 5
# The least value of yardstick_ms on the machine on which LIMIT_MS was set.
YARDSTICK_MS = 20.0


class Asker:
    """Sends requests to one server over one connection, as one guest."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server
        self._connection: socket.socket | None = None
        self._clock = Path(f"/proc/{server.pid}/task/{server.pid}/schedstat")
        self._idle_ms = 0.0
        cookie = re.search(rb"Set-Cookie: ([^;]*)", self._ask(get("/api/rooms")))
        assert cookie is not None
        self._cookie = b"Cookie: " + cookie[1] + b"\r\n"
        self._idle_ms = min(self.held_ms(get("/healthz")) for _ in range(TIMES))

    def held_ms(self, request: bytes) -> float:
        """Return how long ``request``, sent once, blocks the loop."""
        before_ns = self._processor_ns()
        self._ask(request)
        return (self._processor_ns() - before_ns) / 1e6 - self._idle_ms

    def ask(self, request: bytes, *, limit_ms: float) -> float:
        """Return how long ``request`` from this guest blocks the loop."""
        line, end, rest = request.partition(b"\r\n")
        whole = line + end + self._cookie + rest
        assert len(whole) <= MOST_BYTES + 200
        if (held_ms := self.held_ms(whole)) <= limit_ms:
            return held_ms
        return statistics.median(self.held_ms(whole) for _ in range(TIMES))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _processor_ns(self) -> int:
        """Return the main thread's CPU time; the thread is asleep by now, or about to be."""
        return int(self._clock.read_text().split()[0])

    def _ask(self, request: bytes) -> bytes:
        """Send ``request``; return its whole answer, or all bytes until the connection closes."""
        if self._connection is None:
            self._connection = socket.create_connection(("127.0.0.1", self._server.port), 30)
        self._connection.sendall(request)
        answer, length = b"", None
        while length is None or len(answer.partition(b"\r\n\r\n")[2]) < length:
            data = self._connection.recv(1 << 20)
            answer += data
            head, end, _ = answer.partition(b"\r\n\r\n")
            found = re.search(rb"(?i)content-length: (\d+)", head)
            length = int(found[1]) if end and found else None
            is_stream = bool(end) and found is None
            if not data or is_stream or (length is not None and b"onnection: close" in head):
                self._connection.close()
                self._connection = None
                break
        assert re.match(rb"HTTP/1\.1 [1-4]", answer), answer[:200]
        return answer


def yardstick_ms() -> float:
    """Return how long a fixed piece of work takes here: the least of several runs."""
    spans_s = []
    for _ in range(5):
        began_s = time.thread_time()
        found = 0
        for number in range(40_000):
            found += len(re.sub("[a-c]", "x", str(number)))
        spans_s.append(time.thread_time() - began_s)
    return 1000 * min(spans_s)


@pytest.fixture(scope="module")
def asker() -> Iterator[Asker]:
    with run_server(RATE_LIMITS="off", BEHIND_PROXY="on", ADMIN_TOKEN=TOKEN) as server:
        asker = Asker(server)
        yield asker
        asker.close()
        assert not [line for line in server.log if "Traceback" in line or " ERROR " in line]


@pytest.mark.parametrize("kind", KINDS)
def test_no_request_holds_the_event_loop_up(asker: Asker, kind: str) -> None:
    limit_ms = LIMIT_MS * max(1.0, yardstick_ms() / YARDSTICK_MS)
    held = [(asker.ask(request, limit_ms=limit_ms), request) for request in KINDS[kind]]
    worst_ms, worst = max(held)
    print(f"{kind}: {worst_ms:.1f} of {limit_ms:.0f} ms: {worst[:60]!r} … {worst[-60:]!r}")
    assert worst_ms <= limit_ms
