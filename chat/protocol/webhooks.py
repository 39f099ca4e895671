"""Webhooks as their receivers see them, by the specification Standard Webhooks. Pure.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from chat.protocol.cursor import Position
from chat.protocol.entries import BODIES, AuditBody, Entry

# The entries of rooms' logs, of which a webhook has some.
EVENTS: Final = tuple(kind for kind in BODIES if kind != AuditBody.kind)
SECRET_PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32  # between 24 and 64, says the specification

_encoder: Final = msgspec.json.Encoder()


def written_secret(secret: bytes) -> str:
    """Return a secret as receivers are given it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def delivery_id(hook: str, position: Position) -> str:
    """Return the ``webhook-id`` of what ``hook`` says of an entry: the same at each attempt.

    The id of a hook begins with its room.
    """
    return f"{hook}:{position.epoch}:{position.offset}"


def payload(entry: Entry) -> bytes | None:
    """Return what a receiver is told of ``entry``; None if only a newer version knows its kind."""
    body = entry.decode()
    if body is None:
        return None
    return _encoder.encode(
        {"type": entry.kind, "timestamp": body.time, "data": msgspec.Raw(entry.encode())}
    )


def headers(id: str, body: bytes, secrets: Collection[str], *, now_s: int) -> Mapping[str, str]:
    """Return the header fields of an attempt at ``now_s``, signed with each of ``secrets``."""
    return {
        "Content-Type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(now_s),
        "webhook-signature": " ".join(_signature(id, body, one, now_s) for one in secrets),
    }


def _signature(id: str, body: bytes, secret: str, now_s: int) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{id}.{now_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
