"""Tells which characters are visible. Pure."""

import unicodedata
from typing import Final

ZWNJ: Final = "\u200c"
ZWJ: Final = "\u200d"

# Default_Ignorable_Code_Point (Unicode Standard, section 5.21): characters that draw nothing,
# assigned or not. The property covers whole reserved ranges, so it hardly ever changes.
_IGNORABLE: Final = frozenset(
    chr(point)
    for first, last in (
        (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160),
        (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E),
        (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
        (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A),
        (0xE0000, 0xE0FFF),
    )
    for point in range(first, last + 1)
)  # fmt: skip
# Letters, marks and symbols with an empty glyph: Braille's blank pattern, the null notehead, the
# Khitan filler, Egyptian blanks; and the object replacement character.
_BLANK: Final = frozenset("\u2800\ufffc\U0001d159\U00016fe4\U00013441\U00013442")


def is_ignorable(character: str) -> bool:
    """Return whether renderers should draw nothing for ``character``, according to Unicode."""
    return character in _IGNORABLE


def is_blank(character: str) -> bool:
    """Return whether ``character`` draws nothing: ignorable, white space, or an empty glyph."""
    return character in _IGNORABLE or character in _BLANK or character.isspace()


def is_mark(character: str) -> bool:
    """Return whether ``character`` is a mark, drawn on the character before it."""
    return unicodedata.category(character)[0] == "M"


def is_visible(character: str) -> bool:
    """Return whether ``character`` draws something of its own, unlike a mark.

    One that this Python's Unicode does not know does: it is newer, or drawn as a box.
    """
    if is_blank(character):
        return False
    category = unicodedata.category(character)
    return category[0] in "LNPS" or category == "Cn"
