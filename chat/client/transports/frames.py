"""Writes and reads WebSocket frames of a client (RFC 6455 section 5). Pure except for randomness.

Parley has its own WebSocket client because it must be able to abandon an attempt at any moment,
with its socket. Tornado's waits for the other side, whose packets the network may swallow.
"""

import base64
import enum
import hashlib
import secrets
import struct
from typing import Final, NamedTuple

# Larger than any push; a frame that announces more is rejected.
MAX_MESSAGE_BYTES: Final = 16 << 20
# Parley sends a message in one frame. A proxy may split it, but not into arbitrarily many.
MAX_FRAGMENTS: Final = 1024
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3


class Opcode(enum.IntEnum):
    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class Head(NamedTuple):
    """The first two bytes of a frame. ``length`` 126 and 127 mean that the length follows."""

    is_final: bool
    opcode: int
    is_masked: bool
    length: int


def new_key() -> str:
    """Return a random Sec-WebSocket-Key."""
    return base64.b64encode(secrets.token_bytes(16)).decode()


def accepted(key: str) -> str:
    """Return the Sec-WebSocket-Accept that a server must answer to ``key``."""
    return base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()


def frame(opcode: Opcode, payload: bytes) -> bytes:
    """Return one final frame, masked as a client must (section 5.3)."""
    length = len(payload)
    if length < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | length)
    elif length < 1 << 16:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, length)
    key = secrets.token_bytes(4)
    return head + key + masked(payload, key)


def masked(payload: bytes, key: bytes) -> bytes:
    """Return ``payload`` XORed with the repeated ``key``; as one large integer, which is fast."""
    pad = (key * (len(payload) // 4 + 1))[: len(payload)]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")
    return number.to_bytes(len(payload), "big")


def head(first_two: bytes) -> Head:
    first, second = first_two
    return Head(bool(first & 0x80), first & 0x0F, bool(second & 0x80), second & 0x7F)


def close_code(payload: bytes) -> int:
    """Return a close frame's code; 1005 if it has none (section 7.1.5)."""
    return int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
