"""Ports for servers that a test starts, and may stop and start again on the same one."""

import os
import random
import socket
from collections.abc import Iterator

# Below the ports that systems give to whoever connects (Linux: from 32768, IANA: from 49152):
# such a connection could otherwise have a server's port while that server is restarted.
FIRST = 10_240
# Each worker of pytest-xdist has ports of its own, so that no two find the same one free.
EACH = 1_400
WORKERS = 16


def _candidates() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    # Other runs on this machine begin elsewhere.
    number = random.randrange(EACH)
    while True:
        number = (number + 1) % EACH
        yield FIRST + worker * EACH + number


_ports = _candidates()


def free_port() -> int:
    """Return a port on which nobody listens, and which this process has not returned lately."""
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("there is always a next candidate")
