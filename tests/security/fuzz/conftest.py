"""One server for all fuzz tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.case import faults
from tests.security.fuzz.target import Target
from tests.support.memory import memory_bytes
from tests.support.server import run_server

IS_LINUX = Path("/proc/self/status").exists()
# A server's growth in its first minutes, by its own caches and Python's.
GROWTH_BYTES = 96 << 20


@pytest.fixture(scope="package")
def target() -> Iterator[Target]:
    with run_server(RATE_LIMITS="off", BEHIND_PROXY="on") as server:
        target = Target(server)
        before_bytes = memory_bytes(server.pid, "VmRSS") if IS_LINUX else 0
        yield target
        target.is_well()
        if IS_LINUX:  # only messages, a few hundred bytes each, are stored
            assert memory_bytes(server.pid, "VmRSS") - before_bytes < GROWTH_BYTES
        assert server.stop() == 0
        assert faults(server) == []  # complete only now that the log is closed
