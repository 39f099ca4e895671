"""Secret codes in links: to sign up, to sign in, to set a password. Pure but for randomness.

The store has only their hashes, so that whoever reads it, or a backup, can use no link.
"""

import hashlib
import re
import secrets
from typing import Final

# 128 bits: nobody finds one of a billion codes by guessing.
_BYTES: Final = 16
# A code of the operator's own may be longer and of other characters.
MAX_CHARACTERS: Final = 200
_PLAIN: Final = re.compile(r"[!-~]+")


def new_code() -> str:
    return secrets.token_urlsafe(_BYTES)


def hash_of(code: str) -> str | None:
    """Return the hash that the store has of ``code``; None if it can't be one."""
    if len(code) > MAX_CHARACTERS or not _PLAIN.fullmatch(code):
        return None
    # Nothing slower is needed: unlike passwords, codes can't be guessed.
    return hashlib.sha256(code.encode()).hexdigest()
