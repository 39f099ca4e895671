"""A haproxy that passes connections on, and says by the PROXY protocol whose they are."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port
from tests.support.programs import WAIT_S, until_open

_CONFIGURATION = """
defaults
    mode tcp
    timeout connect 5000
    timeout client 50000
    timeout server 50000

listen parley
    bind 127.0.0.1:{port} {bind}
    server parley 127.0.0.1:{backend} {option}
"""


@contextmanager
def run_tcp_haproxy(folder: Path, backend: int, option: str, *, bind: str = "") -> Iterator[int]:
    """Run haproxy in front of ``backend``, with options of both lines; yield its port."""
    port, configuration, log = free_port(), folder / "haproxy.cfg", folder / "haproxy.log"
    text = _CONFIGURATION.format(port=port, bind=bind, backend=backend, option=option)
    configuration.write_text(text)
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["haproxy", "-db", "-f", str(configuration)], stdout=output, stderr=output
        )
    try:
        until_open(port, process, log)
        yield port
    finally:
        process.terminate()
        process.wait(WAIT_S)
