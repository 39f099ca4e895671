"""What the kernel is told about a client's socket, so that nobody who reads nothing keeps it.

Without it the kernel takes megabytes for a reader that takes nothing, before we see any of it as
unsent; and what is closed with something unsent it keeps trying to send, for a quarter of an hour.
"""

import asyncio
import socket
import struct
from typing import Final

# What one has been sent and does not take, on top of what is under way to it, is ours to count:
# beyond this the kernel takes no more. A fast link is not slowed by it, for what is under way does
# not count, and it is filled up again as soon as half of it is gone.
KERNEL_UNSENT_BYTES: Final = 128 << 10
# A dead link is noticed within as much by heartbeats; this covers what is no stream, too.
PATIENCE_S: Final = 30
# The answer to a poll, or what one catches up with, costs as much to ask for again as to wait for.
ANSWER_PATIENCE_S: Final = 8

# macOS has no such options, and is not where a server meets thousands of strangers.
_USER_TIMEOUT: Final[int | None] = getattr(socket, "TCP_USER_TIMEOUT", None)
_NOTSENT_LOWAT: Final[int | None] = getattr(socket, "TCP_NOTSENT_LOWAT", None)


def bound(listener: socket.socket) -> None:
    """Have the kernel keep little for each client, and let go of one that takes nothing.

    The sockets that ``listener`` accepts inherit it, so that it costs nothing for each.
    """
    if _NOTSENT_LOWAT is not None:
        listener.setsockopt(socket.IPPROTO_TCP, _NOTSENT_LOWAT, KERNEL_UNSENT_BYTES)
    if _USER_TIMEOUT is not None:
        listener.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, 1000 * PATIENCE_S)


def set_patience(transport: asyncio.BaseTransport, patience_s: int) -> None:
    """Let go of a client that takes none of what is sent to it for so long (RFC 5482).

    Who takes a little now and then is kept. It holds after a close, too.
    """
    connection = transport.get_extra_info("socket")
    if connection is not None and _USER_TIMEOUT is not None:
        connection.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, 1000 * patience_s)


def close_half(transport: asyncio.WriteTransport) -> None:
    """Say that nothing more comes, after what is unsent; let go of a client that has gone."""
    try:
        transport.write_eof()
    except OSError:  # it has reset the connection, which we have not read yet
        transport.abort()


def drop_unsent(transport: asyncio.BaseTransport) -> None:
    """Have its close drop what is unsent, and tell the client by a reset."""
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
