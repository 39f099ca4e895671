"""One server takes it all."""

from collections.abc import Iterator

import pytest

from tests.security.case import faults
from tests.security.fuzz.target import Target
from tests.support.server import run_server


@pytest.fixture(scope="package")
def target() -> Iterator[Target]:
    with run_server(RATE_LIMITS="off") as server:
        yield Target(server)
        assert server.stop() == 0
        assert faults(server) == []  # complete only now that the log is closed
