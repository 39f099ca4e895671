"""The tests' own real Redis, on a free port; a test may kill, freeze and cut it off."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.support.ports import free_port

START_TIMEOUT_S = 20


class RedisServer:
    """redis-server on 127.0.0.1; ``options`` are as on its command line."""

    def __init__(self, folder: Path, *options: str, is_sentinel: bool = False) -> None:
        self.port = free_port()
        self._folder = folder
        self._options: list[str] = []
        if is_sentinel:  # a sentinel stores its state in its configuration file
            configuration = folder / "sentinel.conf"
            configuration.touch()
            self._options = [str(configuration), *options]
        else:
            self._options = ["--save", "", "--maxmemory-policy", "noeviction", *options]
        self._has_tls = False
        self._tls: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> "redis.Redis":
        """Return a plain client, to inspect and control Redis."""
        tls = {"ssl": True, "ssl_cert_reqs": "none", "ssl_check_hostname": False}
        options = tls if self._has_tls else {}
        return redis.Redis(port=self.port, protocol=2, socket_timeout=10, **options)

    def speak_tls(self, options: Sequence[str]) -> None:
        """Make later starts use ``options``, which name a certificate."""
        self._has_tls = True
        self._tls = list(options)

    def start(self) -> None:
        """Start Redis; return when it answers."""
        self._process = subprocess.Popen(
            [
                "redis-server",
                *self._options,
                *("--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)),
                *self._tls,
                *("--loglevel", "warning"),
            ],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_TIMEOUT_S
        with self.client() as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.ConnectionError:
                    assert self._process.poll() is None, "redis-server has ended"
                    assert time.monotonic() < deadline, "redis-server does not answer"

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if (process := self._process) is not None:
            self._process = None
            process.send_signal(signal.SIGCONT)  # a frozen process handles no other signal
            process.send_signal(how)
            process.wait(timeout=30)


@contextmanager
def run_redis(*options: str, is_sentinel: bool = False) -> Iterator[RedisServer]:
    """Run a Redis with ``options``; it is killed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder), *options, is_sentinel=is_sentinel)
        server.start()
        try:
            yield server
        finally:
            server.kill()
