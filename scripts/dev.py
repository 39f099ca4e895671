"""`make dev`: a private Redis, two instances, and haproxy in front of them in plain round robin.

Serves on PORT (8000) until Ctrl-C. Each request of a browser goes to another instance; kill one
by its printed process id, and see that clients go on without a loss.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

ROOT = Path(__file__).parent.parent
START_TIMEOUT_S = 20.0


def free_ports(count: int) -> list[int]:
    """Return ``count`` ports that no process listens on."""
    with ExitStack() as stack:
        probes = [stack.enter_context(closing(socket.socket())) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def wait_for(port: int) -> None:
    """Wait until a process listens on ``port``; exit if none does within START_TIMEOUT_S."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"Nothing came up on port {port}; what was printed above says why.")


def end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def start(stack: ExitStack, name: str, port: int, command: list[str], **env: str) -> None:
    """Start ``command``, which ends with ``stack``; return when it listens on ``port``."""
    if shutil.which(command[0]) is None:
        sys.exit(f"{command[0]} is missing; scripts/install-system-packages installs it.")
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **env})
    stack.callback(end, process)
    wait_for(port)
    print(f"{name:<9} 127.0.0.1:{port}  pid {process.pid}", flush=True)


def main() -> None:
    port = int(os.environ.get("PORT") or 8000)
    redis_port, *instance_ports = free_ports(3)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="parley-dev-"))
        redis = ["redis-server", "--port", str(redis_port), "--bind", "127.0.0.1"]
        redis += ["--dir", folder, "--save", "", "--appendonly", "yes", "--loglevel", "warning"]
        start(stack, "redis", redis_port, redis)
        shared = {
            "REDIS_URL": f"redis://127.0.0.1:{redis_port}",
            "SECRET": os.environ.get("SECRET") or secrets.token_urlsafe(),
            "ADDRESS": "127.0.0.1",
            "DATA_DIR": folder,
        }
        for instance_port in instance_ports:
            app = [sys.executable, "app.py"]
            start(stack, "instance", instance_port, app, PORT=str(instance_port), **shared)
        ports = dict(zip(("PORT_ONE", "PORT_TWO"), map(str, instance_ports), strict=True))
        haproxy = ["haproxy", "-db", "-f", "scripts/haproxy.cfg"]
        start(stack, "haproxy", port, haproxy, PORT=str(port), **ports)
        print(f"Parley is on http://localhost:{port}; Ctrl-C ends it", flush=True)
        signal.pause()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print()
