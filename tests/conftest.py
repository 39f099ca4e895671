"""What holds for every test: a log line that was not expected fails it."""

import logging
import time
from collections.abc import Iterator

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--clock-start",
        type=float,
        metavar="SECONDS",
        help="begin each test with the monotonic clock at SECONDS, as a machine that has been "
        "up for so long has it; by default the clock of this machine is left alone",
    )


@pytest.fixture(autouse=True)
def clock_start(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the monotonic clock of this process, which is the event loop's clock too."""
    start_s = request.config.getoption("--clock-start")
    if start_s is None:
        return
    real = time.monotonic
    shift_s = start_s - real()
    monkeypatch.setattr(time, "monotonic", lambda: real() + shift_s)


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
