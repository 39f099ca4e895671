"""A real Parley in a process of its own, that a test may kill and start again."""

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
# Nothing is there. Who asks for it is told so in the log, behind all that was logged before.
LAST = "/the-last-line/"
# Who waits while other tests keep the machine busy is held up, and that is no fault of the server.
BUSY = "WARNING chat.ops.watchdog: "


class ServerProcess:
    """Parley on ``port`` of 127.0.0.1, its data in ``data_dir``; the log is in ``log``.

    ``script`` is what runs it, another version's app.py too; ``max_files`` is how many files it
    may have open, if not as many as this process.
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
        self.port = port or free_port()  # for later starts, too
        self.log: list[str] = []
        self._env = {**os.environ, "ADDRESS": "127.0.0.1", "DATA_DIR": str(data_dir), **env}
        self._script = str(ROOT / script)
        self._is_ours = script == "app.py"
        self._max_files = max_files
        self._process: Child | subprocess.Popen[bytes] | None = None
        self._logged = threading.Condition()
        self._began = 0  # where in the log the last start is
        self._has_ended = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start, and return when it listens."""
        self.launch()
        self.until_listening()

    def launch(self) -> None:
        """Start, and return at once."""
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

    def until_logged(self, text: str) -> None:
        """Return when a line that holds ``text`` has been logged since the last start."""
        with self._logged:
            found = self._logged.wait_for(
                lambda: self._has_ended or text in "".join(self.log[self._began :]),
                START_TIMEOUT_S,
            )
        assert found and text in "".join(self.log[self._began :]), "".join(self.log)

    def until_all_logged(self) -> None:
        """Return when ``log`` holds all that it has logged, if it runs; its last line is LAST's."""
        if self._process is None:
            return
        last = f"{LAST}{uuid.uuid4().hex}"
        # As somebody new: what one address is told again and again is counted, not logged.
        source = "127." + ".".join(str(random.randint(1, 254)) for _ in range(3)), 0
        connection = HTTPConnection("127.0.0.1", self.port, START_TIMEOUT_S, source)
        connection.request("GET", last)
        assert connection.getresponse().status == 404
        connection.close()
        self.until_logged(last)

    def complaints(self) -> list[str]:
        """Return the log lines that tell of more than what happens as a rule."""
        return [line for line in self.log if " INFO " not in line and BUSY not in line]

    def exit_code(self) -> int:
        """Return its exit code when it has ended by itself."""
        assert self._process is not None
        code = self._process.wait(START_TIMEOUT_S)
        self._process = None
        self._reader.join()
        return code

    def kill(self) -> None:
        """End it at once, as a crash does."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to stop, as a platform does; return its exit code."""
        return self._end(signal.SIGTERM)

    def pause(self) -> None:
        """Freeze it, as a machine that is too busy does."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def _end(self, how: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        self._process = None
        process.send_signal(signal.SIGCONT)  # a frozen one hears nothing else
        process.send_signal(how)
        code = process.wait(timeout=30)
        self._reader.join()
        return code

    def _read_log(self, descriptor: int) -> None:
        with open(descriptor, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if " INFO " not in line:
                    print(line, end="")  # pytest shows it where a test fails
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
