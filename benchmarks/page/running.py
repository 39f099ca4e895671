"""What the compared servers have in common: how they are run, and what a visitor needs."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.programs import until_open
from tests.support.server import ROOT

NODE = ROOT / ".venv/bin/node"
ROOMS = 60


class Running(NamedTuple):
    """A server, and what the browser of one who is signed in has."""

    port: int
    cookies: str = ""
    stored: Mapping[str, str] = {}  # in localStorage


@contextmanager
def run_program(
    command: list[str | Path], port: int, log: Path, env: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Run a program that listens on ``port``, and kill it at the end."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            env={**os.environ, **(env or {})},
            start_new_session=True,  # PyPI's node is a script that starts node; killpg ends both
        ) as process,
    ):
        try:
            until_open(port, process, log)
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)
