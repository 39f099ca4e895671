"""A real haproxy in front of instances, configured by deploy/haproxy.cfg; reports its answers.

One difference: it retries less, so a request that an instance does not answer becomes a 5xx.
"""

import csv
import re
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
# As in Debian's /etc/haproxy/haproxy.cfg, with a log line and a socket that can be read here.
DEFAULTS = """
global
    log stdout format raw local0 info
    stats socket {socket} mode 600

defaults
    log global
    mode http
    log-format "answered %ST %ts %s %HM %HP"
    timeout connect 5000
    timeout client 50000
    timeout server 50000
"""
WAIT_S = 20.0


class Answer(NamedTuple):
    """An answer to a client: its status, and haproxy's termination state ("--" is normal)."""

    status: int
    end: str
    instance: str
    method: str
    path: str


class Haproxy:
    """haproxy on a free port of 127.0.0.1; ``answers`` are those that have ended."""

    def __init__(
        self,
        folder: Path,
        ports: Sequence[int],
        changed: Callable[[str], str] = lambda text: text,
    ) -> None:
        """``ports`` are the instances', on 127.0.0.1.

        ``changed`` changes the example in a way that its comments, or the docs, allow.
        """
        self.port = free_port()
        self.answers: list[Answer] = []
        self.log: list[str] = []  # all other output
        self._ports = ports
        self._socket = folder / "haproxy.sock"
        self._configuration = folder / "haproxy.cfg"
        text = changed((ROOT / "deploy" / "haproxy.cfg").read_text())
        servers = "".join(f"    server {port} 127.0.0.1:{port}\n" for port in ports)
        text, binds = re.subn(r"bind :80\b", f"bind 127.0.0.1:{self.port}", text)
        text, lines = re.subn(r"    server one .*\n", servers, text)
        # The example retries with another instance when one breaks off; tests must see the failure.
        text, retries = re.subn(r"    retry-on .*\n", "    retry-on conn-failure\n", text)
        assert (binds, lines, retries) == (1, 1, 1), "deploy/haproxy.cfg looks different now"
        self._configuration.write_text(DEFAULTS.format(socket=self._socket) + text)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start haproxy; return when its checks of all instances succeed."""
        self._process = subprocess.Popen(
            ["haproxy", "-db", "-f", str(self._configuration)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        for port in self._ports:
            self.until_up(port)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(WAIT_S)
        self._reader.join()

    def until_up(self, port: int) -> None:
        """Wait until haproxy sends new clients to the instance at ``port``."""
        deadline = time.monotonic() + WAIT_S
        while self._status(port) != "UP":
            assert time.monotonic() < deadline and self._process.poll() is None, self.log
            time.sleep(0.05)  # haproxy sends no event

    def _status(self, port: int) -> str:
        try:
            with socket.socket(socket.AF_UNIX) as asking:
                asking.settimeout(WAIT_S)
                asking.connect(str(self._socket))
                asking.sendall(b"show stat\n")
                table = asking.makefile().read().removeprefix("# ")
        except (FileNotFoundError, ConnectionRefusedError):  # it has not started yet
            return ""
        rows = csv.DictReader(table.splitlines())
        # haproxy says "UP" even before its first check; only check_status has the check's result.
        (row,) = [row for row in rows if row["svname"] == str(port)]
        return str(row["status"]) if row["check_status"] == "L7OK" else ""

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout:
            for line in self._process.stdout:
                word, *rest = line.split()
                if word == "answered":
                    status, end, instance, method, path = rest
                    self.answers.append(Answer(int(status), end, instance, method, path))
                else:
                    self.log.append(line)


@contextmanager
def run_haproxy(
    ports: Sequence[int], *, changed: Callable[[str], str] = lambda text: text
) -> Iterator[Haproxy]:
    """Run haproxy in front of the instances at ``ports``; it is stopped at the end."""
    with tempfile.TemporaryDirectory() as folder:
        haproxy = Haproxy(Path(folder), ports, changed)
        try:
            haproxy.start()
            yield haproxy
        finally:
            haproxy.stop()
