"""One server for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.security.case import faults
from tests.support.server import ServerProcess, run_server


@pytest.fixture(scope="package")
def server() -> Iterator[ServerProcess]:
    with run_server(RATE_LIMITS="off") as server:
        yield server
        assert server.stop() == 0
        assert faults(server) == []  # complete only now that the log is closed


@pytest.fixture(scope="class", autouse=True)
def _(request: pytest.FixtureRequest, server: ServerProcess) -> None:
    if request.cls is not None:
        request.cls.server = server
