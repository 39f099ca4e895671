"""Checks the texts of messages. Pure."""

import hashlib
import re
from typing import Final

from chat.errors import InvalidInput
from chat.protocol.codes import Code
from chat.protocol.unicode.characters import is_visible

MAX_TEXT_CHARACTERS: Final = 4000
# A line end may arrive as two characters. A longer text is rejected unseen.
_MAX_RAW_CHARACTERS: Final = 2 * MAX_TEXT_CHARACTERS
# What is visible of ASCII; most texts have some, which is found faster than by its category.
_VISIBLE: Final = re.compile("[!-~]")


def check_text(text: str, *, may_be_empty: bool = False) -> str:
    """Return ``text`` as it is stored: each CR LF, and each CR without LF, becomes LF.

    ``may_be_empty``: a message that has files needs no text. Raises InvalidInput: ``too_long``,
    ``empty`` (nothing visible), ``bad_command`` (a NUL).
    """
    if len(text) > _MAX_RAW_CHARACTERS:
        raise _too_long(len(text))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_TEXT_CHARACTERS:
        raise _too_long(len(text))
    if "\0" in text:
        raise InvalidInput(Code.BAD_COMMAND, "A message can't hold the NUL character.")
    if not (_VISIBLE.search(text) or any(is_visible(character) for character in text)):
        if may_be_empty:
            return ""
        raise InvalidInput(Code.EMPTY, "A message needs at least one visible character.")
    return text


def digest(text: str) -> bytes:
    """Return a hash that tells whether two messages with the same key have the same text."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _too_long(length: int) -> InvalidInput:
    return InvalidInput(
        Code.TOO_LONG,
        f"A message has at most {MAX_TEXT_CHARACTERS} characters; this one has {length}.",
    )
