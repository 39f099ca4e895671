"""The order in which people expect names and titles. Pure."""

import re
from functools import lru_cache
from typing import Final

from chat.protocol.unicode.skeleton import caseless

_DIGIT: Final = "0123456789"
_DIGITS: Final = re.compile("([0-9]+)")

NaturalKey = tuple[tuple[int, int, str], ...]


@lru_cache(20_000)  # a directory is sorted for each page of it
def natural_key(text: str) -> NaturalKey:
    """Return the key that sorts ``t2`` before ``t10``, and ignores case."""
    return tuple(
        (0, int(part), part) if part[0] in _DIGIT else (1, 0, part)
        for part in _DIGITS.split(caseless(text))
        if part
    )
