"""Runs the compared servers, each on the servers' core and alone while it is measured."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import SERVER_CPU, on_cpu
from tests.support.ports import free_port
from tests.support.redis_server import run_redis
from tests.support.server import ROOT

PEERS = Path(__file__).parent / "peers"
NODE = shutil.which(ROOT / ".venv/bin/node") or "node"
PYTHON = ROOT / "benchmarks/.venv/bin/python"
NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
START_TIMEOUT_S = 30


@dataclass(frozen=True)
class Running:
    """A server's instances: the ports they listen on, their process ids and their DATA_DIRs."""

    ports: Sequence[int]
    pids: Sequence[int]
    folders: Sequence[Path] = ()


Run = Callable[[], AbstractContextManager[Running]]


@contextmanager
def parley(
    instances: int = 1,
    redis_url: str | None = None,
    *,
    root: Path = ROOT,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """Run the Parley in ``root`` with ``settings``, else the default ones, but no rate limits."""
    with ExitStack() as stack:
        processes, ports, folders = [], [], []
        for _ in range(instances):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            env = {"PORT": "0", "ADDRESS": "127.0.0.1", "DATA_DIR": str(folder)}
            env |= {"RATE_LIMITS": "off", "SECRET": "x" * 64}
            env |= settings or {}
            if redis_url is not None:
                env["REDIS_URL"] = redis_url
            log = folder / "log"
            folders.append(folder)
            processes.append(
                stack.enter_context(run_process([sys.executable, root / "app.py"], log, env))
            )
            ports.append(int(_until(log, r"Parley is on http://localhost:(\d+)")))
        yield Running(ports, [process.pid for process in processes], folders)


@contextmanager
def peer(*command: str | Path, instances: int = 1) -> Iterator[Running]:
    """Run a program that prints its port; in its environment is a FOLDER to write to."""
    with ExitStack() as stack:
        processes, ports = [], []
        for _ in range(instances):
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            log = Path(folder) / "log"
            process = run_process(command, log, {"FOLDER": folder})
            processes.append(stack.enter_context(process))
            ports.append(int(_until(log, r"^(\d+)$")))
        yield Running(ports, [process.pid for process in processes])


@contextmanager
def nchan() -> Iterator[Running]:
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)  # nginx's worker runs as another user
        configuration = folder / "nginx.conf"
        text = (PEERS / "nginx_nchan.conf").read_text()
        configuration.write_text(text.format(port=port, folder=folder, module=NCHAN))
        command = ["nginx", "-e", folder / "error.log", "-c", configuration]
        with run_process(command, folder / "log", {}) as process:
            until_listening(port)
            yield Running([port], [process.pid])


@contextmanager
def through_redis(run: Callable[[str], AbstractContextManager[Running]]) -> Iterator[Running]:
    """Run instances and their Redis, all on the servers' core."""
    with on_cpu(SERVER_CPU), run_redis() as redis:
        pid = redis.client().info()["process_id"]
        with run(redis.url) as running:
            yield Running(running.ports, [*running.pids, pid])


@contextmanager
def run_process(
    command: Sequence[str | Path], log: Path, env: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output, on_cpu(SERVER_CPU):
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            env={**os.environ, **env},
            start_new_session=True,  # so that killpg also ends what a wrapper has started
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _until(log: Path, pattern: str) -> str:
    end = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end:
        if match := re.search(pattern, log.read_text(), re.MULTILINE):
            return match[1]
        time.sleep(0.05)
    raise RuntimeError(f"A server did not start:\n{log.read_text()}")


def until_listening(port: int) -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"Nothing listens on port {port}.")
