"""Sets options on clients' sockets, so that a client that reads nothing can't keep one open.

By default the kernel buffers megabytes for a client that reads nothing, before we see any bytes as
unsent; and after a close it keeps trying to send what is left, for a quarter of an hour.
"""

import asyncio
import socket
import struct
from typing import Final

# How many unsent bytes the kernel buffers for a client, besides the bytes in flight; we count the
# rest as unsent. This does not slow a fast link: bytes in flight do not count, and the buffer is
# filled up again as soon as half of it is empty.
KERNEL_UNSENT_BYTES: Final = 128 << 10
# Heartbeats notice a dead stream within the same time; this covers other connections too.
PATIENCE_S: Final = 30
# For the answer to a poll, or the pages of a catch-up: asking again costs no more than waiting.
ANSWER_PATIENCE_S: Final = 8

# macOS has no such options, and is not used for public servers with thousands of clients.
_USER_TIMEOUT: Final[int | None] = getattr(socket, "TCP_USER_TIMEOUT", None)
_NOTSENT_LOWAT: Final[int | None] = getattr(socket, "TCP_NOTSENT_LOWAT", None)


def bound(listener: socket.socket) -> None:
    """Limit the kernel's buffer for each client, and drop clients that read nothing.

    The sockets that ``listener`` accepts inherit the options, so they cost nothing per connection.
    """
    if _NOTSENT_LOWAT is not None:
        listener.setsockopt(socket.IPPROTO_TCP, _NOTSENT_LOWAT, KERNEL_UNSENT_BYTES)
    if _USER_TIMEOUT is not None:
        listener.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, 1000 * PATIENCE_S)


def set_patience(transport: asyncio.BaseTransport, patience_s: int) -> None:
    """Drop a client that reads nothing of what it is sent for ``patience_s`` (RFC 5482).

    A client that reads a little now and then is kept. The timeout also applies after a close.
    """
    connection = transport.get_extra_info("socket")
    if connection is not None and _USER_TIMEOUT is not None:
        connection.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, 1000 * patience_s)


def close_half(transport: asyncio.WriteTransport) -> None:
    """Close our half after everything unsent; abort if the client has gone."""
    try:
        transport.write_eof()
    except OSError:  # the client has reset the connection; we have not read that yet
        transport.abort()


def drop_unsent(transport: asyncio.BaseTransport) -> None:
    """Make the next close discard everything unsent and reset the connection."""
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
