"""What a file keeps about itself beside its content. Pure."""

from typing import Final

import msgspec


class About(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is known of a file; ``user`` has uploaded it."""

    user: str
    name: str
    type: str
    bytes: int
    width: int | None = None
    height: int | None = None
    thumbnail_bytes: int | None = None  # None: it has none


class Sent(msgspec.Struct):
    """The message that a file belongs to, by what makes it unique: a retry has the same."""

    room: str
    user: str
    key: str


_encoder: Final = msgspec.json.Encoder()
_about: Final = msgspec.json.Decoder(About)
_sent: Final = msgspec.json.Decoder(Sent)


def encode(record: About | Sent) -> bytes:
    return _encoder.encode(record)


def decode_about(encoded: bytes) -> About:
    return _about.decode(encoded)


def decode_sent(encoded: bytes) -> Sent:
    return _sent.decode(encoded)
