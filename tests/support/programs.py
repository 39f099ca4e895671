"""Programs of other people that a test starts."""

import subprocess
import time
from contextlib import suppress
from pathlib import Path
from socket import create_connection

WAIT_S = 30


def until_open(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Return when ``process`` takes connections on ``port``. Raises AssertionError with its log."""
    deadline = time.monotonic() + WAIT_S
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.05)  # it tells nobody who does not ask
    raise AssertionError(log.read_text() if log.exists() else f"{process.args!r} did not start")
