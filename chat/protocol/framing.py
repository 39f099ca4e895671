"""How one push is written on each transport. Pure: JSON bytes in, framed bytes out.

JSON as msgspec writes it has no raw line breaks, so one ``data:`` line holds it.
"""

import struct


def websocket_frame(payload: bytes) -> bytes:
    """Return ``payload`` as one unmasked text frame, FIN set (RFC 6455 section 5.2)."""
    length = len(payload)
    if length < 126:
        return struct.pack("!BB", 0x81, length) + payload
    if length < 1 << 16:
        return struct.pack("!BBH", 0x81, 126, length) + payload
    return struct.pack("!BBQ", 0x81, 127, length) + payload


def sse_event(type_: str, data: bytes) -> bytes:
    """Return one event (WHATWG HTML section 9.2.5), which leaves the last event id as it is."""
    return b"event: %b\ndata: %b\n\n" % (type_.encode(), data)


def sse_event_with_id(cursor: str, type_: str, data: bytes) -> bytes:
    """Return one event that makes ``cursor`` the last event id."""
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (cursor.encode(), type_.encode(), data)


def sse_id(cursor: str) -> bytes:
    """Return the line that, put before an event, makes ``cursor`` the last event id."""
    return b"id: %b\n" % cursor.encode()


def sse_retry(retry_ms: int) -> bytes:
    """Return the line that, put before an event, sets after how long a browser reconnects.

    No block of its own: clients that are simpler than the standard asks make an event of every
    block, also of one that has no data.
    """
    return b"retry: %d\n" % retry_ms
