"""Checks titles and topics of rooms, and reasons: lines that people read. Pure."""

import re
import unicodedata
from typing import Final

from chat.errors import InvalidInput
from chat.protocol.codes import Code
from chat.protocol.unicode.characters import ZWJ, ZWNJ, is_ignorable, is_mark, is_visible
from chat.protocol.unicode.emoji import without_emoji
from chat.rooms.access import PREFIXES
from chat.rooms.names import BLANKS

MAX_TITLE_CHARACTERS: Final = 80
MAX_TOPIC_CHARACTERS: Final = 250
MAX_REASON_CHARACTERS: Final = 200
_BLANKS: Final = re.compile(f"[{BLANKS}]+")
# More marks than these on one letter cover the lines above and below.
_MAX_MARKS_TOGETHER: Final = 4
_MAX_NAME_CHARACTERS: Final = 40  # of a room that is named after its title


def check_title(title: str) -> str:
    """Return ``title`` as it is stored; raises as ``check_line``, and ``empty``."""
    title = check_line(title, "A title", MAX_TITLE_CHARACTERS)
    if not any(map(is_visible, title)):
        raise InvalidInput(Code.EMPTY, "A title needs at least one visible character.")
    return title


def check_topic(topic: str) -> str:
    return check_line(topic, "A topic", MAX_TOPIC_CHARACTERS)


def check_reason(reason: str) -> str:
    return check_line(reason, "A reason", MAX_REASON_CHARACTERS)


def check_line(text: str, what: str, most: int) -> str:
    """Return ``text`` as one line: NFC, with single spaces.

    Raises InvalidInput: ``too_long``; ``bad_command`` for characters that deform other lines:
    controls, bidirectional overrides (UAX 9), ignorable characters, piles of marks.
    """
    if len(text) > 4 * most:  # decomposed, a letter may have up to four characters
        raise _too_long(what, most)
    text = _BLANKS.sub(" ", unicodedata.normalize("NFC", text)).strip(" ")
    if len(text) > most:
        raise _too_long(what, most)
    marks_together = 0
    for character in without_emoji(text, "*"):
        marks_together = marks_together + 1 if is_mark(character) else 0
        if marks_together > _MAX_MARKS_TOGETHER or not _is_allowed(character):
            raise InvalidInput(
                Code.BAD_COMMAND, f"{what} is made of letters, digits, signs, emoji and spaces."
            )
    return text


def name_for(title: str) -> str:
    """Return a name for a public room with this title; "" if it has no letters for one."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    name = re.sub("[^a-z0-9]+", "-", plain).strip("-")[:_MAX_NAME_CHARACTERS].strip("-")
    # With the prefix of another access it would not be public.
    return name.replace("-", "", 1) if name[:2] in PREFIXES.values() else name


def _is_allowed(character: str) -> bool:
    if character in (ZWNJ, ZWJ):  # Persian and scripts of India need them
        return True
    return not is_ignorable(character) and unicodedata.category(character) not in (
        "Cc", "Cf", "Cs", "Co", "Cn",
    )  # fmt: skip


def _too_long(what: str, most: int) -> InvalidInput:
    return InvalidInput(Code.TOO_LONG, f"{what} has at most {most} characters.")
