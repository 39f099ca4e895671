"""Frames a push (JSON without raw line breaks, so one ``data:`` line) for each transport. Pure."""

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
    """Return one event (WHATWG HTML section 9.2.5) that keeps the last event id unchanged."""
    return b"event: %b\ndata: %b\n\n" % (type_.encode(), data)


def sse_event_with_id(cursor: str, type_: str, data: bytes) -> bytes:
    """Return one event that makes ``cursor`` the last event id."""
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (cursor.encode(), type_.encode(), data)


def sse_id(cursor: str) -> bytes:
    """Return a line to put before an event; it makes ``cursor`` the last event id."""
    return b"id: %b\n" % cursor.encode()


def sse_retry(retry_ms: int) -> bytes:
    """Return a line to put before an event; it sets how long a browser waits to reconnect.

    No block of its own: clients simpler than the standard take every block for an event.
    """
    return b"retry: %d\n" % retry_ms
