"""Waits for third-party programs that a test starts."""

import subprocess
import time
from contextlib import suppress
from pathlib import Path
from socket import create_connection

WAIT_S = 30


def until_open(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until ``process`` listens on ``port``. Raises AssertionError with its log."""
    deadline = time.monotonic() + WAIT_S
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.05)  # it sends no signal when it listens
    raise AssertionError(log.read_text() if log.exists() else f"{process.args!r} did not start")
