"""Runs the compared servers, each in its own process on a port of 127.0.0.1."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.server import ROOT, run_server

HERE = Path(__file__).parent
NODE = shutil.which(ROOT / ".venv/bin/node") or "node"
SOCKJS_PYTHON = HERE.parent / ".venv/bin/python"
SOCKJS_CLIENT = HERE.parent / "node_modules/sockjs-client/dist/sockjs.min.js"


@contextmanager
def parley() -> Iterator[int]:
    with run_server() as server:
        yield server.port


@contextmanager
def sockjs() -> Iterator[int]:
    with printing_its_port([SOCKJS_PYTHON, HERE / "sockjs_server.py", SOCKJS_CLIENT]) as port:
        yield port


@contextmanager
def socketio() -> Iterator[int]:
    with printing_its_port([NODE, HERE / "socketio_server.js"]) as port:
        yield port


@contextmanager
def printing_its_port(command: list[str | Path]) -> Iterator[int]:
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # PyPI's node is a script that starts node; killpg ends both
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            os.killpg(process.pid, signal.SIGKILL)
