"""The colour of a user, the same in the page's first screen and in its scripts. Pure."""

from functools import lru_cache
from typing import Final

HUES: Final = 12  # as many as tell people apart, and as static/css/tokens.css has
_ALPHABET: Final = "0123456789abcdefghijklmnopqrstuvwxyz-_"


@lru_cache(maxsize=4096)  # a page names the same people again and again
def hue_of(user: str) -> int:
    """Return the number of a hue: the same as hueOf in static/js/names.js."""
    hash_ = 0
    for character in user.lower():
        hash_ = (hash_ * 31 + _ALPHABET.find(character) + 1) % 65521
    return hash_ % HUES
