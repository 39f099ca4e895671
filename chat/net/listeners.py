"""The listening sockets: our own, or those inherited from the parent process."""

import errno
import os
import socket
from collections.abc import Mapping, Sequence
from typing import Final

from tornado.netutil import bind_sockets

from chat.errors import SettingsError

# A client that finds the queue full tries again after one second, then two; and after a restart
# thousands connect within seconds. The system may cap it (net.core.somaxconn, 4,096 on Linux).
BACKLOG: Final = 4096
# The descriptors of the sockets that listen on a port, separated by commas, that a parent passes to
# its workers; what follows is the setting that the port has its number from.
VARIABLE: Final = "PARLEY_LISTENERS_"


def listen(port: int, address: str, *, setting: str = "PORT") -> Sequence[socket.socket]:
    """Listen on ``port`` of ``address``, or of all addresses if empty. Raises SettingsError.

    ``setting`` is the one that says which port it is.
    """
    try:
        return bind_sockets(port, address or None, backlog=BACKLOG)
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES, errno.EPERM):
            raise SettingsError(
                f"{setting}={port}: can't listen there ({error.strerror}). Stop what does, or set "
                f"another {setting}."
            ) from error
        raise SettingsError(
            f"ADDRESS={address!r}: can't listen there ({error.strerror}). Give an address of this "
            "machine, or none for all of them."
        ) from error


def hand_over(listeners: Mapping[str, Sequence[socket.socket]]) -> Mapping[str, str]:
    """Return the environment variables that tell a child process the listeners' descriptors.

    ``listeners`` are by the setting of their port.
    """
    return {
        VARIABLE + setting: ",".join(str(one.fileno()) for one in those)
        for setting, those in listeners.items()
    }


def inherited(setting: str = "PORT") -> Sequence[socket.socket]:
    """Return the listeners inherited from the parent process; empty if there are none."""
    descriptors = os.environ.get(VARIABLE + setting, "")
    return [socket.socket(fileno=int(number)) for number in descriptors.split(",") if number]
