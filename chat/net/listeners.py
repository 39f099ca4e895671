"""Where we listen: sockets of our own, or those of the process that started us."""

import errno
import os
import socket
from collections.abc import Mapping, Sequence
from typing import Final

from tornado.netutil import bind_sockets

from chat.errors import SettingsError

# Who finds the queue full tries again after a second, then two; and after a restart thousands come
# within seconds. The system may hold it shorter (net.core.somaxconn, 4,096 on Linux).
BACKLOG: Final = 4096
# Descriptors of listening sockets, with commas between them: from a parent to its workers.
VARIABLE: Final = "PARLEY_LISTENERS"


def listen(port: int, address: str) -> Sequence[socket.socket]:
    """Listen on ``port`` of ``address``, every one if that is empty. Raises SettingsError."""
    try:
        return bind_sockets(port, address or None, backlog=BACKLOG)
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES, errno.EPERM):
            raise SettingsError(
                f"PORT={port}: can't listen there ({error.strerror}). Stop what does, or set "
                "another PORT."
            ) from error
        raise SettingsError(
            f"ADDRESS={address!r}: can't listen there ({error.strerror}). Give an address of this "
            "machine, or none for all of them."
        ) from error


def hand_over(listeners: Sequence[socket.socket]) -> Mapping[str, str]:
    """Return what tells a child process, in its environment, which descriptors these are."""
    return {VARIABLE: ",".join(str(listener.fileno()) for listener in listeners)}


def inherited() -> Sequence[socket.socket]:
    """Return what our parent listens on for us; nothing where none does."""
    descriptors = os.environ.get(VARIABLE, "")
    return [socket.socket(fileno=int(number)) for number in descriptors.split(",") if number]
