"""What a text looks like: texts with the same skeleton can't be told apart by eye. Pure."""

import unicodedata
from functools import lru_cache
from typing import Final

from chat.protocol.unicode import read_rows, to_text
from chat.protocol.unicode.characters import is_ignorable

_PROTOTYPES: Final = {
    ord(to_text(source)): to_text(prototype)
    for source, _, prototype in (row.partition(";") for row in read_rows("confusables.txt"))
}
# Names are seen again and again: with each push that carries one.
_CACHED: Final = 20_000


def confusable_skeleton(text: str) -> str:
    """Return UTS 39's skeleton of ``text`` (section 4), for text in one direction."""
    text = unicodedata.normalize("NFD", text)
    text = "".join(character for character in text if not is_ignorable(character))
    return unicodedata.normalize("NFD", text.translate(_PROTOTYPES))


@lru_cache(_CACHED)
def skeleton(name: str) -> str:
    """Return what is equal for names that are taken for each other.

    That is UTS 39's skeleton, whatever the case and width: people who see "alice" take her for
    "Alice". Capital I has the prototype l, and i is its other case: so i and l count as one.
    """
    folded = unicodedata.normalize("NFKC", confusable_skeleton(name)).casefold()
    return confusable_skeleton(folded).replace("i", "l")


def caseless(text: str) -> str:
    """Return what is equal for texts that are written alike but for case and presentation.

    As Unicode's compatibility caseless matching (definition D146) with ignorable characters
    taken out: composed or decomposed, wide or narrow, with or without a joiner.
    """
    for _ in range(2):  # decomposing can make something that has a case
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())
    return "".join(character for character in text if not is_ignorable(character))
