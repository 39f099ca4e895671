"""WebSocket frames as a client writes and reads them (RFC 6455 section 5). Pure but for chance.

The client is our own because one that gets through any network must be able to give an attempt
up at any moment, with its socket: Tornado's waits for the other side, which may be swallowed.
"""

import base64
import enum
import hashlib
import secrets
import struct
from typing import Final, NamedTuple

# Larger than all that is pushed; what is announced is not believed beyond it.
MAX_MESSAGE_BYTES: Final = 16 << 20
# Parley sends a message in one; what stands between may cut it, though not into nothing.
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
    """The first two bytes of a frame. ``length`` 126 and 127 say that it follows."""

    is_final: bool
    opcode: int
    is_masked: bool
    length: int


def new_key() -> str:
    """Return a Sec-WebSocket-Key."""
    return base64.b64encode(secrets.token_bytes(16)).decode()


def accepted(key: str) -> str:
    """Return the Sec-WebSocket-Accept that proves that ``key`` was understood."""
    return base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()


def frame(opcode: Opcode, payload: bytes) -> bytes:
    """Return one final frame, masked as a client's has to be (section 5.3)."""
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
    """Return ``payload`` XORed with ``key`` over and over, as one large number: it is fast."""
    pad = (key * (len(payload) // 4 + 1))[: len(payload)]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")
    return number.to_bytes(len(payload), "big")


def head(first_two: bytes) -> Head:
    first, second = first_two
    return Head(bool(first & 0x80), first & 0x0F, bool(second & 0x80), second & 0x7F)


def close_code(payload: bytes) -> int:
    """Return a close frame's code; 1005 where it has none (section 7.1.5)."""
    return int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
