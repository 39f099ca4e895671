"""A server for all tests of a file, and its ports."""

from collections.abc import Iterator

import pytest

from tests.support.ports import free_port
from tests.support.server import ServerProcess, run_server


class IrcServer:
    """A Parley with a port for IRC."""

    def __init__(self, process: ServerProcess, irc_port: int) -> None:
        self.process = process
        self.url = process.url
        self.port = irc_port


@pytest.fixture(scope="module")
def server() -> Iterator[IrcServer]:
    port = free_port()
    with run_server(
        RATE_LIMITS="off", IRC_PORT=str(port), OWNER_SETUP_CODE="0123456789abcdef"
    ) as process:
        yield IrcServer(process, port)
        process.until_all_logged()
        assert [line for line in process.complaints() if "tornado.access" not in line] == []
