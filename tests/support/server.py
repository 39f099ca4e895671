"""A real Parley in its own process; a test may kill it and start it again."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from tests.support.ports import free_port
from tests.support.preloaded import Child, preloaded

ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 30
# A path that does not exist. A request for it is logged after all earlier log lines.
LAST = "/the-last-line/"
# Other tests may keep the machine busy and block the server, which is no fault of its own.
BUSY = "WARNING chat.ops.watchdog: "


class ServerProcess:
    """Parley on ``port`` of 127.0.0.1, its data in ``data_dir``; the log is in ``log``.

    ``script`` runs it; it may be another version's app.py. ``max_files`` limits its open files;
    None: as many as this process.
    """

    def __init__(
        self,
        data_dir: Path,
        env: dict[str, str],
        script: str = "app.py",
        *,
        port: int | None = None,
        max_files: int | None = None,
    ) -> None:
        self.port = port or free_port()  # also for later starts
        self.data_dir = data_dir
        self.log: list[str] = []
        # All clients of tests are guests who have just come, and write faster than such people.
        own = {"ADDRESS": "127.0.0.1", "DATA_DIR": str(data_dir), "NEW_GUEST_MINUTES": "0"}
        self._env = {**os.environ, **own, **env}
        self._script = str(ROOT / script)
        self._is_ours = script == "app.py"
        self._max_files = max_files
        self._process: Child | subprocess.Popen[bytes] | None = None
        self._logged = threading.Condition()
        self._began = 0  # the index in the log of the last start
        self._has_ended = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the server; return when it listens."""
        self.launch()
        self.until_listening()

    def launch(self) -> None:
        """Start the server; return at once."""
        self._began, self._has_ended = len(self.log), False
        env = {**self._env, "PORT": str(self.port)}
        read, write = os.pipe()
        if self._is_ours:
            self._process = preloaded().start(
                (), env, out=write, err=write, max_files=self._max_files
            )
        else:
            command = [sys.executable, self._script]
            self._process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=write, stderr=write)
        os.close(write)
        self._reader = threading.Thread(target=self._read_log, args=(read,))
        self._reader.start()

    def until_listening(self) -> None:
        self.until_logged("Parley is on http://localhost:")

    def logged(self) -> str:
        """Return the log since the last start."""
        return "".join(self.log[self._began :])

    def until_logged(self, text: str) -> None:
        """Wait until the log since the last start contains ``text``."""
        with self._logged:
            found = self._logged.wait_for(
                lambda: self._has_ended or text in self.logged(), START_TIMEOUT_S
            )
        assert found and text in self.logged(), "".join(self.log)

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def is_ready(self) -> bool:
        """Return whether the server says that it can do all of its work."""
        connection = HTTPConnection("127.0.0.1", self.port, START_TIMEOUT_S)
        connection.request("GET", "/readyz")
        status = connection.getresponse().status
        connection.close()
        return status == 200

    def until_all_logged(self) -> None:
        """Wait until ``log`` has all lines that a running server has logged; the last is LAST's."""
        if self._process is None:
            return
        last = f"{LAST}{uuid.uuid4().hex}"
        # From a new address: repeated answers to one address are counted, not logged.
        source = "127." + ".".join(str(random.randint(1, 254)) for _ in range(3)), 0
        connection = HTTPConnection("127.0.0.1", self.port, START_TIMEOUT_S, source)
        connection.request("GET", last)
        assert connection.getresponse().status == 404
        connection.close()
        self.until_logged(last)

    def complaints(self) -> list[str]:
        """Return the log lines that are neither INFO nor BUSY."""
        return [line for line in self.log if " INFO " not in line and BUSY not in line]

    def exit_code(self) -> int:
        """Wait until the server ends by itself; return its exit code."""
        assert self._process is not None
        code = self._process.wait(START_TIMEOUT_S)
        self._process = None
        self._reader.join()
        return code

    def kill(self) -> None:
        """End the server at once, as a crash does."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask the server to stop, as a platform does; return its exit code."""
        return self._end(signal.SIGTERM)

    def pause(self) -> None:
        """Freeze the server, as a machine that is too busy does."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Freeze the server meanwhile; it goes on also where a test fails."""
        self.pause()
        try:
            yield
        finally:
            self.go_on()

    def _end(self, how: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        self._process = None
        process.send_signal(signal.SIGCONT)  # a frozen process handles no other signal
        process.send_signal(how)
        code = process.wait(timeout=30)
        self._reader.join()
        return code

    def _read_log(self, descriptor: int) -> None:
        with open(descriptor, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if " INFO " not in line:
                    print(line, end="")  # pytest shows it when a test fails
                with self._logged:
                    self.log.append(line)
                    self._logged.notify_all()
        with self._logged:
            self._has_ended = True
            self._logged.notify_all()


@contextmanager
def run_server(
    data_dir: Path | None = None,
    *,
    port: int | None = None,
    max_files: int | None = None,
    **env: str,
) -> Iterator[ServerProcess]:
    """Run Parley with ``env`` on top of the environment; it is killed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(data_dir or Path(folder), env, port=port, max_files=max_files)
        try:
            server.start()
            yield server
        finally:
            server.kill()
