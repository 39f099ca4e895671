"""Session ids that prove which user they belong to, so that no instance must store them. Pure.

An id is no secret. But a client must not continue another user's session, and any instance may be
the first to see an id: so it holds a short code, which only servers that share the secret can make.
"""

import base64
import hashlib
import hmac
from typing import Final

_RANDOM_BYTES: Final = 9  # 72 bits: no two sessions get the same
_CODE_BYTES: Final = 9
LENGTH: Final = 24


def new_id(secret: bytes, user: str, random: bytes) -> str:
    """Return an id for a session of ``user``; ``random`` is 9 fresh random bytes."""
    if len(random) != _RANDOM_BYTES:
        raise ValueError(f"{_RANDOM_BYTES} random bytes are needed, not {len(random)}")
    return base64.urlsafe_b64encode(random + _code(secret, user, random)).decode()


def is_of(session: str, secret: bytes, user: str) -> bool:
    """Return whether ``session`` was made for ``user`` with this ``secret``."""
    if len(session) != LENGTH or not session.isascii():
        return False
    try:
        raw = base64.b64decode(session, altchars=b"-_", validate=True)
    except ValueError:
        return False
    random, code = raw[:_RANDOM_BYTES], raw[_RANDOM_BYTES:]
    return hmac.compare_digest(code, _code(secret, user, random))


def _code(secret: bytes, user: str, random: bytes) -> bytes:
    message = b"session\0" + user.encode() + b"\0" + random
    return hmac.digest(secret, message, hashlib.sha256)[:_CODE_BYTES]
