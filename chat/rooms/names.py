"""Checks the names of users. Pure."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import idna

from chat.errors import InvalidInput
from chat.protocol.codes import Code
from chat.protocol.unicode.characters import ZWJ, ZWNJ, is_blank, is_ignorable, is_mark
from chat.protocol.unicode.emoji import without_emoji
from chat.protocol.unicode.skeleton import skeleton

MAX_NAME_CHARACTERS: Final = 32
# A name may arrive decomposed, with up to four characters to a letter. A longer one is rejected
# unseen: the time to sort combining marks grows with the square of their number.
MAX_RAW_CHARACTERS: Final = 4 * MAX_NAME_CHARACTERS
# White space (Unicode Standard, table 4-9); each run of it in a name becomes one space. Unlike
# str.split, this leaves out the controls U+001C to U+001F.
BLANKS: Final = r"\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_BLANKS: Final = re.compile(f"[{BLANKS}]+")
# A name is one line among others: more marks than these on one letter cover its neighbours.
_MAX_MARKS_TOGETHER: Final = 4
# Names that seem to speak for the server, or for more than one person. They are compared as
# skeletons, so short ones that look like real names are left out: "all" looks like "Ali".
_RESERVED: Final = frozenset(
    map(
        skeleton,
        """admin administrator admins channel everybody everyone here host mod moderator moderators
        mods official operator operators owner parley parleybot root security server service staff
        support sysadmin sysop system team webmaster""".split(),
    )
)
# Characters around a reserved name that make no other name of it: "@admin", "Admin 2", "_root_".
_AROUND: Final = re.compile(r"\A[\W\d_]+|[\W\d_]+\Z")
# The mark that the page appends to a name which two people share: a dot and the end of a user id,
# as a skeleton, in which 0 is o and 1 is l.
_MARK: Final = re.compile(r"\u00b7[2-9a-fol ]{4,}\Z")


def check_name(name: str, *, may_be_reserved: bool = False) -> str:
    """Return ``name`` as it is stored and shown: NFC, with single spaces.

    ``may_be_reserved`` is for names that the operator chooses. Raises InvalidInput: ``too_long``;
    ``empty`` if nothing of it is visible; ``bad_command`` for characters that could make it look
    like another name or deform others' lines: controls, bidirectional overrides (UAX 9), ignorable
    characters, piles of marks, the page's own mark; ``forbidden`` for a reserved name.
    """
    if len(name) > MAX_RAW_CHARACTERS:
        raise _too_long()
    name = _BLANKS.sub(" ", unicodedata.normalize("NFC", name)).strip(" ")
    if len(name) > MAX_NAME_CHARACTERS:
        raise _too_long()
    plain = without_emoji(name, "*")
    if all(is_blank(character) or is_mark(character) for character in plain):
        raise InvalidInput(Code.EMPTY, "A name needs at least one visible character.")
    _check_characters(plain)
    if _MARK.search(skeleton(name)):
        raise InvalidInput(
            Code.BAD_COMMAND, "A name can't end like the mark that tells namesakes apart."
        )
    if not may_be_reserved and _is_reserved(name):
        raise InvalidInput(Code.FORBIDDEN, "This name is reserved; choose another.")
    return name


@lru_cache(10_000)  # called for each request: the cookie holds the name
def is_allowed(name: str) -> bool:
    """Return whether ``name`` is allowed; some names that older versions gave are not."""
    try:
        return check_name(name) == name
    except InvalidInput:
        return False


def _check_characters(plain: str) -> None:
    marks_together = 0
    for position, character in enumerate(plain):
        marks_together = marks_together + 1 if is_mark(character) else 0
        is_stray = marks_together == 1 and plain[:position][-1:] in ("", " ")
        is_pile = marks_together > _MAX_MARKS_TOGETHER
        if is_stray or is_pile or not _is_allowed_at(plain, position):
            raise InvalidInput(
                Code.BAD_COMMAND, "A name is made of letters, digits, signs, emoji and spaces."
            )


def _is_allowed_at(plain: str, position: int) -> bool:
    character = plain[position]
    if character in (ZWNJ, ZWJ):
        # Persian and scripts of India need them, so they are allowed where they change how
        # letters join, and only there (RFC 5892, appendices A.1 and A.2).
        return bool(idna.valid_contextj(plain, position))
    if is_ignorable(character) or (is_blank(character) and character != " "):
        return False
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def _is_reserved(name: str) -> bool:
    core = _AROUND.sub("", unicodedata.normalize("NFKC", name))
    letters = (c for c in skeleton(core) if unicodedata.category(c)[0] in "LN")
    return "".join(letters) in _RESERVED


def _too_long() -> InvalidInput:
    return InvalidInput(Code.TOO_LONG, f"A name has at most {MAX_NAME_CHARACTERS} characters.")
