"""Where a query's terms are in a text, and the part of the text that shows them. Pure."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from chat.rooms.search_query import Term
from chat.rooms.words import Word, words_of

# About two lines of the page.
EXCERPT_CHARACTERS: Final = 200
# How many of them come before the first term.
_BEFORE: Final = 60
# A cut within these many characters goes to the next blank.
_WORD: Final = 15
_BLANKS: Final = re.compile(r"\s+")
_ELLIPSIS: Final = "…"

Spans = Sequence[tuple[int, int]]


def spans_of(terms: Iterable[Term], text: str) -> Spans | None:
    """Return where the ``terms`` are in ``text``, apart and in order; None if one is missing."""
    words = list(words_of(text))
    places: dict[str, list[int]] = {}
    for index, word in enumerate(words):
        places.setdefault(word.word, []).append(index)
    spans: list[tuple[int, int]] = []
    for term in terms:
        found = [
            (words[index].start, words[index + len(term.words) - 1].end)
            for index in _begins(term, places)
            if _is_at(term, words, index)
        ]
        if not found:
            return None
        spans += found
    return _merged(spans)


def excerpt_of(text: str, spans: Spans) -> Sequence[str]:
    """Return the part of ``text`` with the first of ``spans``, split where each begins and ends.

    So every second piece, beginning with the second one, is what was looked for. Blanks are
    joined, and an ellipsis stands for what was cut.
    """
    first, last = _window(text, spans[0][0] if spans else 0)
    cuts = [first]
    for start, end in spans:
        if start < last and end > first:
            cuts += [max(start, first), min(end, last)]
    cuts.append(last)
    pieces = [_BLANKS.sub(" ", text[a:b]) for a, b in zip(cuts, cuts[1:], strict=False)]
    pieces[0] = f"{_ELLIPSIS if first else ''}{pieces[0].lstrip()}"
    # The last piece, as the first, is of the text between: there may be nothing in it.
    pieces[-1] = f"{pieces[-1].rstrip()}{_ELLIPSIS if last < len(text) else ''}"
    return pieces


def _begins(term: Term, places: dict[str, list[int]]) -> Iterable[int]:
    first = term.words[0]
    if term.is_prefix and len(term.words) == 1:
        return [i for word, indexes in places.items() if word.startswith(first) for i in indexes]
    return places.get(first, ())


def _is_at(term: Term, words: Sequence[Word], index: int) -> bool:
    if index + len(term.words) > len(words):
        return False
    *rest, last = term.words
    found = words[index + len(rest)].word
    return (found.startswith(last) if term.is_prefix else found == last) and all(
        words[index + number].word == word for number, word in enumerate(rest)
    )


def _merged(spans: Iterable[tuple[int, int]]) -> Spans:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _window(text: str, wanted: int) -> tuple[int, int]:
    """Return the bounds of the excerpt, which begins somewhat before ``wanted``."""
    if len(text) <= EXCERPT_CHARACTERS:
        return 0, len(text)
    first = max(0, min(wanted - _BEFORE, len(text) - EXCERPT_CHARACTERS))
    if first and (blank := _BLANKS.search(text, first, min(first + _WORD, wanted))):
        first = blank.end()
    last = min(len(text), first + EXCERPT_CHARACTERS)
    if last < len(text):
        blanks = list(_BLANKS.finditer(text, last - _WORD, last))
        last = blanks[-1].start() if blanks and blanks[-1].start() > wanted else last
    return first, last
