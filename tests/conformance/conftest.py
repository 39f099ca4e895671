"""The echo server for tests of frames; the whole server for tests of its endpoints."""

from collections.abc import Iterator

import pytest
from tornado.ioloop import IOLoop

from tests.conformance.echo import echo_server
from tests.integration.conftest import clock, http_port, http_server, io_loop, settings

__all__ = ["clock", "http_port", "http_server", "io_loop", "settings"]


@pytest.fixture
def echo_url(io_loop: IOLoop) -> Iterator[str]:
    server = echo_server()
    yield io_loop.run_sync(server.__aenter__)
    io_loop.run_sync(lambda: server.__aexit__(None, None, None))
