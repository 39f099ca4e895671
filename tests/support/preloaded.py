"""Runs app.py without importing Parley each time: the import is most of a server's start.

A separate process imports app.py once and then forks for each run: a real process that runs
``app.main`` with its own arguments, environment and outputs. The forking process has no other
threads, so a fork inherits no half-done work. Tests that start app.py with a command check that it
starts by itself (tests/browser/test_deploy.py, tests/integration/test_workers.py).

Only two things are otherwise than in production. Hashing a password takes next to nothing, not
0.1 s of two processors: tests/unit/accounts/test_passwords.py has the real parameters. And below
pytest, files are compressed in a tenth of the time, to 8 percent more bytes:
tests/integration/test_compression.py has the real level, as have benchmarks.
"""

import functools
import gc
import json
import os
import resource
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import argon2

ROOT = Path(__file__).parents[2]
_MAX_BYTES = 1 << 20  # a request is an environment: some kilobytes


@dataclass
class Child:
    """A process that runs app.py, with the needed part of subprocess.Popen's interface."""

    pid: int
    code: int | None = None  # as Popen.returncode: negative for a signal

    def __post_init__(self) -> None:
        self._ended = threading.Event()

    def send_signal(self, number: int) -> None:
        if self.code is None:
            os.kill(self.pid, number)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; return its exit code. Raises TimeoutExpired."""
        if not self._ended.wait(timeout):
            assert timeout is not None
            raise subprocess.TimeoutExpired("app.py", timeout)
        assert self.code is not None
        return self.code

    def ended(self, code: int) -> None:
        self.code = code
        self._ended.set()


class Preloaded:
    """The tests' interface to the process that forks."""

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
        self,
        words: Sequence[str],
        env: Mapping[str, str],
        *,
        out: int,
        err: int,
        max_files: int | None = None,
    ) -> Child:
        """Run app.py with ``words`` and only ``env``; ``out`` and ``err`` are descriptors."""
        os.umask(mask := os.umask(0))
        wish = {"words": words, "env": dict(env), "umask": mask, "max_files": max_files}
        with self._asking:
            socket.send_fds(self._socket, [json.dumps(wish).encode() + b"\n"], [out, err])
            self._begun.acquire()
            assert self._newest is not None, "the process that runs app.py has ended"
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
    """Return the forking process of this test process; both end together."""
    return Preloaded()


@dataclass(frozen=True)
class Ended:
    """The result of a command: exit code and outputs."""

    code: int
    out: bytes
    err: str


def run(*words: str, env: Mapping[str, str], within_s: float = 120) -> Ended:
    """Run ``python app.py`` with ``words``, and ``env`` on top of ours; wait until it ends."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        descriptors = {"out": out.fileno(), "err": err.fileno()}
        code = preloaded().start(words, os.environ | env, **descriptors).wait(within_s)
        out.seek(0)
        err.seek(0)
        return Ended(code, out.read(), err.read().decode())


# In the process that forks


def _next_run(control: socket.socket) -> tuple[dict[str, Any], Sequence[int]] | None:
    """Fork for each request; report to ``control`` when each fork begins and ends.

    Returns in each fork, with the request and its outputs; and None when ``control`` is closed.
    """
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not control:  # closed at its other end: that fork has ended
                    selector.unregister(key.fileobj)
                    os.close(key.fd)
                    code = os.waitstatus_to_exitcode(os.waitpid(key.data, 0)[1])
                    control.sendall(b"%s\n" % json.dumps([key.data, code]).encode())
                    continue
                wish, outputs, _, _ = socket.recv_fds(control, _MAX_BYTES, 2)
                if not wish:
                    return None
                while not wish.endswith(b"\n"):
                    wish += control.recv(_MAX_BYTES)
                alive, is_alive = os.pipe()
                if (pid := os.fork()) == 0:  # the fork's end of the pipe closes when it ends
                    others = [key.fd for key in selector.get_map().values() if key.data]
                    for descriptor in (alive, *others):
                        os.close(descriptor)
                    return json.loads(wish), outputs
                for descriptor in (*outputs, is_alive):
                    os.close(descriptor)
                selector.register(alive, selectors.EVENT_READ, pid)
                control.sendall(b"%s\n" % json.dumps([pid, None]).encode())


def _run(wish: dict[str, Any], outputs: Sequence[int]) -> int:
    """Run app.py in this process until it ends; return its exit code."""
    for ours, theirs in zip((sys.stdout, sys.stderr), outputs, strict=True):
        os.dup2(theirs, ours.fileno())
        os.close(theirs)
    if (most := wish["max_files"]) is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.umask(wish["umask"])
    for number in app.SIGNALS:  # they may be ignored here, as under nohup
        signal.signal(number, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(wish["env"])
    sys.argv = [str(ROOT / "app.py"), *wish["words"]]
    return app.main()


def _prepare() -> None:
    """Do once what each server does when it starts or shows its first page.

    A server that is made and never started has templates, documents and routes made, whose patterns
    are compiled once. Without files it begins no thread.

    Hardly a test asks for the names of emoji in other languages, which take as long as all else, or
    for a script that is in no bundle: those have a source map.
    """
    files = static_files(ROOT / "static", is_bundled=True)
    for path in files.contents:
        if path.endswith((".css", "emoji/en.json")) or f"{path}.map" in files.contents:
            files.encoded(path, "br")
    with tempfile.TemporaryDirectory() as folder:
        Server(Settings.read({"DATA_DIR": folder, "FILES": "off"}))


if __name__ == "__main__":
    gc.disable()  # what is made here stays
    import app
    from chat.accounts import passwords
    from chat.application import Server
    from chat.http import encodings
    from chat.settings.settings import Settings
    from chat.web.static_files import static_files

    passwords.RFC_9106_LOW_MEMORY = argon2.profiles.CHEAPEST
    if "PYTEST_VERSION" in os.environ:
        encodings.FILE_LEVEL = 8
    _prepare()
    gc.freeze()  # else each fork that ends looks through all of it, which copies its pages
    gc.enable()
    with socket.socket(fileno=int(sys.argv[1])) as connection:
        next_run = _next_run(connection)
    if next_run is not None:
        sys.exit(_run(*next_run))
