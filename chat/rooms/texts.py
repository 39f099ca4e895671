"""What may be said and what one may be called. Pure."""

import hashlib
import unicodedata
from typing import Final

from chat.errors import InvalidInput
from chat.protocol.codes import Code

MAX_TEXT_CHARACTERS: Final = 4000
MAX_NAME_CHARACTERS: Final = 32
# A name is one line among others: more than this many marks on one letter cover its neighbours.
_MAX_MARKS_TOGETHER: Final = 4


def check_text(text: str) -> str:
    """Return ``text`` with its line ends made ``\\n``, or raise ``empty`` or ``too_long``."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_TEXT_CHARACTERS:
        raise InvalidInput(
            Code.TOO_LONG,
            f"A message has at most {MAX_TEXT_CHARACTERS} characters; this one has {len(text)}.",
        )
    if "\0" in text:
        raise InvalidInput(Code.BAD_COMMAND, "A message can't hold the NUL character.")
    if not any(_is_visible(character) for character in text):
        raise InvalidInput(Code.EMPTY, "A message needs at least one visible character.")
    return text


def digest(text: str) -> bytes:
    """Return what tells one text from another under the same key."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def check_name(name: str) -> str:
    """Return ``name`` as it will be shown: NFC, single spaces, no controls.

    Raises InvalidInput ``empty``, ``too_long``, or ``bad_command`` for controls, bidirectional
    overrides (Unicode TR 9) and piles of combining marks, which would deform others' lines.
    """
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if len(name) > MAX_NAME_CHARACTERS:
        raise InvalidInput(Code.TOO_LONG, f"A name has at most {MAX_NAME_CHARACTERS} characters.")
    marks_together = 0
    for character in name:
        category = unicodedata.category(character)
        marks_together = marks_together + 1 if category in ("Mn", "Me") else 0
        # U+200D joins emoji and several scripts' letters; the rest of Cf is invisible mischief.
        is_forbidden = category in ("Cc", "Cf", "Cs", "Co", "Cn") and character != "\u200d"
        if is_forbidden or marks_together > _MAX_MARKS_TOGETHER:
            raise InvalidInput(
                Code.BAD_COMMAND, "A name is made of letters, digits, signs and spaces."
            )
    if not any(_is_visible(character) for character in name):
        raise InvalidInput(Code.EMPTY, "A name needs at least one visible character.")
    return name


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS"
