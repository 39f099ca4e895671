"""Computes skeletons: texts with the same skeleton can't be told apart by eye. Pure."""

import unicodedata
from functools import lru_cache
from typing import Final

from chat.protocol.unicode import read_rows, to_text
from chat.protocol.unicode.characters import is_ignorable

_PROTOTYPES: Final = {
    ord(to_text(source)): to_text(prototype)
    for source, _, prototype in (row.partition(";") for row in read_rows("confusables.txt"))
}
# The same names come again and again: with each push that has one.
_CACHED: Final = 20_000


def confusable_skeleton(text: str) -> str:
    """Return UTS 39's skeleton of ``text`` (section 4), for text in one direction."""
    text = unicodedata.normalize("NFD", text)
    text = "".join(character for character in text if not is_ignorable(character))
    return unicodedata.normalize("NFD", text.translate(_PROTOTYPES))


@lru_cache(_CACHED)
def skeleton(name: str) -> str:
    """Return a key that is equal for names that people confuse.

    It is UTS 39's skeleton, ignoring case and width: people take "alice" for "Alice". The
    prototype of capital I is l, and i is its lower case, so i and l are equal.
    """
    folded = unicodedata.normalize("NFKC", confusable_skeleton(name)).casefold()
    return confusable_skeleton(folded).replace("i", "l")


def caseless(text: str) -> str:
    """Return a key that is equal for texts that differ only in case and presentation.

    Follows Unicode's compatibility caseless matching (definition D146), without ignorable
    characters: ignores composition, width and joiners.
    """
    for _ in range(2):  # decomposing can produce characters that have a case
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())
    return "".join(character for character in text if not is_ignorable(character))
