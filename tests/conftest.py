"""What holds for every test: a log line that was not expected fails it."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def no_unexpected_log_line(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A test that expects a warning or an error takes it with ``assertLogs``."""
    yield
    records = [record for when in ("setup", "call") for record in caplog.get_records(when)]
    unexpected = [record.getMessage() for record in records if not _is_expected(record)]
    assert not unexpected


def _is_expected(record: logging.LogRecord) -> bool:
    if record.levelno < logging.WARNING:
        return True
    # Requests that are refused are in the access log; a 5xx is there as an error.
    if record.name == "tornado.access":
        return record.levelno < logging.ERROR
    # asyncio's debug mode complains of slow callbacks: that is the machine, not the code.
    return record.name == "asyncio" and record.getMessage().startswith("Executing ")
