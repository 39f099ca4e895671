"""Gives each request an id, which its answer and all its log lines carry.

A router in front usually sets one (Heroku's does, nginx with a line of configuration) and logs it
too, so that one id finds the request in both logs.
"""

import random
import re
from collections.abc import Sequence
from typing import Final

from chat.http.messages import Header, Headers

# Covers UUIDs, hex digits and Heroku's 20 to 200 characters; excludes what ends a line or header.
_WELL_FORMED: Final = re.compile(rb"[A-Za-z0-9._-]{8,200}")


def request_id_of(headers: Headers) -> str:
    """Return the X-Request-Id among ``headers`` if it is well-formed, else a new one."""
    # A new one is not secret; the kernel's randomness costs more.
    return headers.found(_given) or random.randbytes(8).hex()


def _given(headers: Sequence[Header]) -> str:
    for name, value in headers:
        if name.lower() == b"x-request-id" and _WELL_FORMED.fullmatch(value):
            return value.decode()
    return ""
