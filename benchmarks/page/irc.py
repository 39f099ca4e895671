"""Runs an IRC server, and speaks with it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_connection

from benchmarks.page.running import run_program
from tests.support.ports import free_port
from tests.support.programs import WAIT_S

# Nobody is looked up, and messages may be sent as fast as one likes.
_NGIRCD = """
[Global]
Name = irc.test
Listen = 127.0.0.1
Ports = {port}
[Limits]
MaxJoins = 0
MaxPenaltyTime = 0
[Options]
DNS = no
Ident = no
PAM = no
"""


@contextmanager
def run_ngircd(folder: Path) -> Iterator[int]:
    """Run ngircd with its files in ``folder``; yield its port."""
    port = free_port()
    config = folder / "ngircd.conf"
    config.write_text(_NGIRCD.format(port=port))
    folder.chmod(0o755)  # started by root, it reads this as another user
    with run_program(["ngircd", "-n", "-f", config], port, folder / "ngircd.log"):
        yield port


class Irc:
    """A connection to the IRC server, line by line. Each wait has a limit: WAIT_S."""

    def __init__(self, port: int) -> None:
        self._socket = create_connection(("127.0.0.1", port), WAIT_S)
        self._received = self._socket.makefile(newline="\r\n")

    def say(self, *lines: str) -> None:
        self._socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def until(self, pattern: str) -> None:
        for line in self._received:
            if re.search(pattern, line):
                return
        raise AssertionError(f"The IRC server hung up before {pattern}")

    def close(self) -> None:
        self._received.close()
        self._socket.close()
