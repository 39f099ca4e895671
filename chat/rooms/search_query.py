"""What people write to search, and what it finds in a text. Pure.

A query has words, ``prefix*``, ``"phrases in quotes"`` and, with a colon, ``from:``, ``in:``,
``before:`` and ``after:``. A message is found if all of them are true of it. Everything else is
text: no sign in it has a meaning for the index.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, NamedTuple

from chat.errors import InvalidInput
from chat.protocol.codes import Code
from chat.rooms.words import Word, is_paired, words_of

MAX_QUERY_CHARACTERS: Final = 500
# Each is looked for in each result, word by word.
MAX_TERMS: Final = 32
# Too many words begin with a single letter; in scripts without blanks there are few such pairs.
MIN_PREFIX_CHARACTERS: Final = 2

_QUOTES: Final = str.maketrans("“”„«»＂", '""""""')
_OPERATORS: Final = ("from", "in", "before", "after")
_BARE: Final = tuple(f"{operator}:" for operator in _OPERATORS)
_PART: Final = re.compile(
    rf"""(?:(?P<operator>{"|".join(_OPERATORS)}):)?(?:"(?P<phrase>[^"]*)(?:"\*?|$)|(?P<plain>[^\s"]+))""",
    re.IGNORECASE,
)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


class Term(NamedTuple):
    """Words that follow each other; of the last one the beginning is enough if ``is_prefix``."""

    words: tuple[str, ...]
    is_prefix: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query. Times are in milliseconds since 1970: from ``since_ms`` on, and before the other."""

    terms: Sequence[Term] = ()
    authors: Sequence[Term] = ()  # words of the author's name
    user: str | None = None  # the author's id
    room: str | None = None  # as written: a name or a title
    since_ms: int | None = None
    before_ms: int | None = None


def parse(text: str) -> Query:
    """Return the query that is written as ``text``; an empty one has no terms and no bounds.

    A quote that does not end goes up to the end. Raises InvalidInput: it is too long, or an
    operator has no value or one that it can't have.
    """
    if len(text) > MAX_QUERY_CHARACTERS:
        raise InvalidInput(
            Code.BAD_COMMAND, f"A search has at most {MAX_QUERY_CHARACTERS} characters."
        )
    query = Query()
    for match in _PART.finditer(text.translate(_QUOTES)):
        written = match["phrase"] if match["plain"] is None else match["plain"]
        operator = (match["operator"] or "").lower()
        if operator:
            query = _with_operator(query, operator, written)
            continue
        if match["plain"] and written.lower() in _BARE:
            raise _needs_value(written.lower().removesuffix(":"))
        term = term_of(written, is_prefix=match[0].endswith("*"))
        if term is not None and term not in query.terms:
            query = replace(query, terms=(*query.terms, term))
    if len(query.terms) + len(query.authors) > MAX_TERMS:
        raise InvalidInput(Code.BAD_COMMAND, f"A search has at most {MAX_TERMS} words.")
    return query


def term_of(text: str, *, is_prefix: bool = False) -> Term | None:
    """Return the term that is written as ``text``; None if there is no word in it."""
    words = list(words_of(text))
    if not words:
        return None
    if is_paired(words[-1].word):
        # A run may go on in the message: there, its last character is no word by itself.
        is_prefix = not _ends_pair(words)
        words = words if is_prefix else words[:-1]
    elif len(words[-1].word) < MIN_PREFIX_CHARACTERS:
        is_prefix = False
    return Term(tuple(word.word for word in words), is_prefix)


def moment_ms(text: str) -> int:
    """Return a day's beginning in UTC, or a time in RFC 3339. Raises ValueError, OverflowError."""
    if _DAY.fullmatch(text):
        moment = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    else:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None or "T" not in text:
            raise ValueError(text)
    return round(moment.timestamp() * 1000)


def _with_operator(query: Query, operator: str, value: str) -> Query:
    value = value.strip()
    if operator == "from":
        term = term_of(value.removeprefix("@"), is_prefix=value.endswith("*"))
        if term is None:
            raise _needs_value(operator)
        return replace(query, authors=(*query.authors, term))
    if operator == "in":
        room = value.removeprefix("#")
        if not room:
            raise _needs_value(operator)
        return replace(query, room=room)
    try:
        moment = moment_ms(value)
    except (ValueError, OverflowError):
        raise _needs_value(operator) from None
    if operator == "before":
        return replace(query, before_ms=moment)
    return replace(query, since_ms=moment)


def _needs_value(operator: str) -> InvalidInput:
    needed = {"from": "a name", "in": "a room"}.get(operator, "a day as 2026-01-31")
    return InvalidInput(Code.BAD_COMMAND, f"Write {needed} right after {operator}: .")


def _ends_pair(words: Sequence[Word]) -> bool:
    """Return whether the last word is the end of a pair, which the word before it is."""
    if len(words) < 2:
        return False
    before, last = words[-2], words[-1]
    return before.end == last.end and len(before.word) == 2 and before.word[1] == last.word
