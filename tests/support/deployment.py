"""A deployment as an operator makes it: the Procfile, run by honcho, behind Debian's nginx."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.nginx import run_nginx
from tests.support.ports import free_port
from tests.support.redis_server import run_redis
from tests.support.server import ROOT

WAIT_S = 30


@dataclass(frozen=True)
class Deployment:
    """``instances`` are the ports behind the proxy at ``url``."""

    url: str
    instances: Sequence[int]
    folder: Path

    def log(self, name: str) -> str:
        return (self.folder / name).read_text()


def first_of(count: int) -> int:
    """Return the first of ``count`` consecutive ports from ``free_port``."""
    ports = [free_port()]
    while len(ports) < count:
        port = free_port()
        ports = [*ports, port] if port == ports[-1] + 1 else [port]
    return ports[0]


@contextmanager
def run(name: str, command: Sequence[str], folder: Path, **env: str) -> Iterator[Path]:
    """Run ``command`` in the project's folder; yield its log. It must still run at the end."""
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **env}, stdout=output, stderr=output
        )
    try:
        yield log
        assert process.poll() is None, log.read_text()
    finally:
        process.terminate()
        process.wait(WAIT_S)


@contextmanager
def deploy() -> Iterator[Deployment]:
    """Run two instances of the Procfile's ``web``, a Redis, and nginx in front of them."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = stack.enter_context(run_redis())
        first = first_of(2)
        bin_folder = Path(sys.executable).parent
        honcho = [str(bin_folder / "honcho"), "-f", "Procfile", "start"]
        log = stack.enter_context(
            run(
                "honcho", [*honcho, "-c", "web=2", "-p", str(first)], folder,
                PATH=f"{bin_folder}:{os.environ['PATH']}", ADDRESS="127.0.0.1",
                DATA_DIR=str(folder), REDIS_URL=redis.url, SECRET="s" * 32, BEHIND_PROXY="on",
            )
        )  # fmt: skip
        url = stack.enter_context(run_nginx((first, first + 1)))
        _until_open((first, first + 1), log)
        yield Deployment(url, (first, first + 1), folder)


def _until_open(ports: Sequence[int], log: Path) -> None:
    deadline = time.monotonic() + WAIT_S
    for port in ports:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
