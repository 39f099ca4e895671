"""A name for each request, in its answer and in all that is logged of it.

A router in front gives one, as a rule (Heroku's, nginx's with a line of configuration), and logs
it too: so one name finds the request in both logs.
"""

import random
import re
from collections.abc import Sequence
from typing import Final

from chat.http.messages import Header

# UUIDs, hex digits, Heroku's 20 to 200 characters; nothing that could end a line or a header.
_WELL_FORMED: Final = re.compile(rb"[A-Za-z0-9._-]{8,200}")


def request_id_of(headers: Sequence[Header]) -> str:
    """Return the X-Request-Id among ``headers`` where it is well-formed, else a new one."""
    for name, value in headers:
        if name.lower() == b"x-request-id" and _WELL_FORMED.fullmatch(value):
            return value.decode()
    return f"{random.getrandbits(64):016x}"  # no secret, and the kernel's randomness is dearer
