"""What holds for every test: how it is distributed and on which clock, and what it may log."""

import asyncio
import fcntl
import gc
import logging
import os
import subprocess
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from tests.support.checked_loop import CheckedLoops
from tests.support.kafka_server import IS_REAL

ROOT = Path(__file__).parents[1]
# These need nothing but Python; all others start programs that may be missing.
SELF_CONTAINED = ("tests/unit", "tests/benchmarks", "tests/contract")
# These wait for most of their time; the longest first. Two workers begin with them, so that the
# others have the processors, and no worker ends long after the others.
WAITING = (
    "tests/browser/test_networks.py::test_a_network",
    "tests/browser/test_train.py",
    "tests/browser/test_networks.py::test_proxies",
    "tests/browser/test_networks.py::test_a_dead",
    "tests/browser/test_doctor.py",
    "tests/browser/test_networks.py",
    "tests/integration/test_client.py",
    "tests/integration/test_doctor.py",
    "tests/faults/test_instances.py",
    "tests/security/test_deadlines.py",
    "tests/integration/test_workers.py",
    "tests/rolling",
    "tests/chaos",
    "tests/integration/test_redis_at_start.py",
    "tests/integration/test_watching.py",
    "tests/integration/test_versions.py",
)
WAITERS = ("gw0", "gw1")
# Start no browsers while there is other work: they take as much processor time as a file of tests.
WITHOUT_BROWSERS = ("gw4", "gw5")
# These work for longest.
WORKING = (
    "tests/browser/test_accessibility.py",
    "tests/browser/test_identity.py",
    "tests/browser/test_tabs.py",
    "tests/browser/test_people.py",
    "tests/security/test_floods.py",
    "tests/faults/test_unread.py",
    "tests/security/fuzz",
    "tests/browser",
    "tests/integration/test_backup.py",
)
# Their tests share nothing that is dear to make, so that each may run on another worker.
SPREAD = (
    "tests/browser/test_networks.py",
    "tests/browser/test_tabs.py",
    "tests/browser/test_doctor.py",
    "tests/faults/test_unread.py",
    "tests/integration/test_backup.py",
    "tests/integration/test_client.py",
    "tests/security/test_floods.py",
)
# How long an example takes depends on the machine, and on what else it does.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")
# All that the tests talk with is on this machine, whatever leads from here to elsewhere.
os.environ |= {"no_proxy": "*", "NO_PROXY": "*"}
asyncio.set_event_loop_policy(CheckedLoops())


def pytest_configure(config: pytest.Config) -> None:
    """End at once, and say what to do, where programs are missing that the tests start."""
    here = config.invocation_params.dir
    asked = [(here / argument.split("::")[0]).resolve() for argument in config.args]
    if hasattr(config, "workerinput") or all(map(_is_self_contained, asked)):
        return
    check = subprocess.run(
        [ROOT / "scripts/install-system-packages", "check"], capture_output=True, text=True
    )
    missing = check.stderr
    if not (ROOT / "tests/sockjs/node_modules").exists():
        missing += "Missing: tests/sockjs/node_modules (for tests of SockJS clients)\n"
    if missing:
        pytest.exit(f"{missing}Install it: make tools", returncode=pytest.ExitCode.USAGE_ERROR)


def _is_self_contained(path: Path) -> bool:
    return any(path.is_relative_to(ROOT / folder) for folder in SELF_CONTAINED)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest first."""

    first = (*WAITING, *WORKING)

    def place(item: pytest.Item) -> int:
        return next((n for n, path in enumerate(first) if item.nodeid.startswith(path)), len(first))

    items.sort(key=place)  # stable: files stay together


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Have the first of the workers compile the tests, and the others read what it has written.

    What is collected stays, so that Python need not look for garbage in it, now or later.
    """
    gc.disable()
    with open(__file__) as lock:
        if hasattr(session.config, "workerinput"):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                fcntl.flock(lock, fcntl.LOCK_SH)
        collected = yield
    gc.freeze()
    gc.enable()
    return collected


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """Keeps the tests of a file on one worker, for they share its fixtures; see SPREAD."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return nodeid if file in SPREAD else file

    def _assign_work_unit(self, node: Any) -> None:
        worker = node.gateway.id

        def avoids(unit: str) -> tuple[bool, bool]:
            is_for_others = worker in WITHOUT_BROWSERS and unit.startswith("tests/browser/")
            return is_for_others, unit.startswith(WAITING) != (worker in WAITERS)

        if self.workqueue:
            self.workqueue.move_to_end(min(self.workqueue, key=avoids), last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)  # where pytest-xdist is on
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    # Not by marks and "loadgroup": with pytest 9.2 that of pytest-xdist 3.8 groups nothing.
    return ByFile(config, log) if config.getoption("dist") == "loadscope" else None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say which tests of Kafka had only the stand-in."""
    ran = (report for reports in terminalreporter.stats.values() for report in reports)
    is_of_kafka = any("test_mirror_kafka" in getattr(report, "nodeid", "") for report in ran)
    if is_of_kafka and not IS_REAL:
        terminalreporter.write_line(
            "The mirror was tested with a stand-in for Kafka; with a real one: "
            "KAFKA_URL=kafka://127.0.0.1:9092"
        )


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--clock-start",
        type=float,
        metavar="SECONDS",
        help="begin each test that starts no other program with the monotonic clock at SECONDS, as "
        "a machine that has been up for so long has it; by default it is left alone",
    )


@pytest.fixture(autouse=True, scope="module")
def nothing_left_open() -> Iterator[None]:
    """Find at the end of a file what it has left open, and not in the tests of another one."""
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def clock_start(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the monotonic clock of this process, which is the event loop's clock too.

    Other programs that a test starts have the machine's clock, so it is left to those without any.
    """
    start_s = request.config.getoption("--clock-start")
    if start_s is None or not _is_self_contained(request.path):
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
    return record.name == "tornado.access" and record.levelno < logging.ERROR
