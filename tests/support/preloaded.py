"""Starts servers without importing Parley anew for each: that would be most of their start.

A process of its own imports app.py once, and then forks for each server: a real process, that runs
``app.main`` with an environment, arguments and a log of its own. It has no other threads, so a fork
takes nothing half done along. What a start costs otherwise, and whether it works, is tested where
app.py is started by a command (tests/browser/test_deploy.py, tests/integration/test_workers.py).
"""

import functools
import json
import os
import resource
import selectors
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_MAX_BYTES = 1 << 20  # a request is an environment: some kilobytes


@dataclass
class Child:
    """A server's process, with what is needed here of subprocess.Popen."""

    pid: int
    code: int | None = None  # as Popen's: negative for a signal

    def __post_init__(self) -> None:
        self._ended = threading.Event()

    def send_signal(self, number: int) -> None:
        if self.code is None:
            os.kill(self.pid, number)

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit code when it has ended. Raises TimeoutExpired."""
        if not self._ended.wait(timeout):
            assert timeout is not None
            raise subprocess.TimeoutExpired("app.py", timeout)
        assert self.code is not None
        return self.code

    def ended(self, code: int) -> None:
        self.code = code
        self._ended.set()


class Preloaded:
    """The process that forks, as seen from the tests."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                cwd=ROOT,
                pass_fds=[theirs.fileno()],
            )
        self._socket = ours
        self._asking = threading.Lock()
        self._begun = threading.Semaphore(0)
        self._newest: Child | None = None
        self._children: dict[int, Child] = {}
        threading.Thread(target=self._listen, daemon=True).start()

    def start(
        self, arguments: list[str], env: Mapping[str, str], log: int, max_files: int | None
    ) -> Child:
        """Run app.py with ``env`` alone; it writes to the file descriptor ``log``."""
        wish = {"arguments": arguments, "env": dict(env), "max_files": max_files}
        with self._asking:
            socket.send_fds(self._socket, [json.dumps(wish).encode() + b"\n"], [log])
            self._begun.acquire()
            assert self._newest is not None, "the process that starts servers has ended"
            return self._newest

    def _listen(self) -> None:
        with self._socket.makefile() as lines:
            for line in lines:
                pid, code = json.loads(line)
                if code is None:
                    self._newest = self._children[pid] = Child(pid)
                    self._begun.release()
                else:
                    self._children.pop(pid).ended(code)
        self._newest = None
        self._begun.release()


@functools.cache
def preloaded() -> Preloaded:
    """Return the one that serves this process; it ends with it."""
    return Preloaded()


# In the process that forks


def _next_server(control: socket.socket) -> tuple[dict[str, Any], int] | None:
    """Fork for each wish, and tell ``control`` of each fork that it has begun or ended.

    Returns in each fork, with what it is to be and the descriptor of its log; and None when
    nobody can wish for anything any more.
    """
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not control:  # closed at its other end: that one has ended
                    selector.unregister(key.fileobj)
                    os.close(key.fd)
                    code = os.waitstatus_to_exitcode(os.waitpid(key.data, 0)[1])
                    control.sendall(b"%s\n" % json.dumps([key.data, code]).encode())
                    continue
                wish, descriptors, _, _ = socket.recv_fds(control, _MAX_BYTES, 1)
                if not wish:
                    return None
                while not wish.endswith(b"\n"):
                    wish += control.recv(_MAX_BYTES)
                alive, is_alive = os.pipe()
                if (pid := os.fork()) == 0:  # its end of the pipe closes when it ends
                    others = [key.fd for key in selector.get_map().values() if key.data]
                    for descriptor in (alive, *others):
                        os.close(descriptor)
                    return json.loads(wish), *descriptors
                os.close(*descriptors)
                os.close(is_alive)
                selector.register(alive, selectors.EVENT_READ, pid)
                control.sendall(b"%s\n" % json.dumps([pid, None]).encode())


def _become(wish: dict[str, Any], log: int) -> int:
    """Be a server until it ends; return its exit code."""
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    os.close(log)
    if (most := wish["max_files"]) is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.environ.clear()
    os.environ.update(wish["env"])
    sys.argv = wish["arguments"]
    return app.main()


def _compress() -> None:
    """Compress once what each server would compress when a browser first asks for it."""
    for file in files_of(ROOT / "static").values():
        in_encoding(file, "br")


if __name__ == "__main__":
    import app
    from chat.web.static import files_of, in_encoding

    _compress()
    with socket.socket(fileno=int(sys.argv[1])) as connection:
        server = _next_server(connection)
    if server is not None:
        sys.exit(_become(*server))
