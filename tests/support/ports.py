"""Ports for servers that a test starts, and may stop and start again on the same port."""

import os
import random
import socket
from collections.abc import Iterator

# Below the ephemeral ports (Linux: from 32768, IANA: from 49152): otherwise an outgoing connection
# could take a server's port while that server restarts.
FIRST = 10_240
# Each worker of pytest-xdist has its own ports, so that no two find the same one free.
EACH = 1_400
WORKERS = 16


def _candidates() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    # Random, so that other runs on this machine begin elsewhere.
    number = random.randrange(EACH)
    while True:
        number = (number + 1) % EACH
        yield FIRST + worker * EACH + number


_ports = _candidates()


def free_port() -> int:
    """Return a port that no process listens on and that this process has not returned lately."""
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("there is always a next candidate")
