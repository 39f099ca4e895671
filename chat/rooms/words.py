"""The words of a text, as the search compares them. Pure.

Words are compared without case and, in the scripts that have them as an addition, without
diacritics: "Öl" and "ol" are one word. Scripts that are written without blanks (Chinese, Japanese,
Thai …) have no words that a rule could find. There, and in Korean, where particles are attached to
words, each two neighbouring characters are a word, and so is the last character of a run: whatever
part of a text one looks for, its words follow each other there.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

# Longer ones are no words of people, but keys or pictures in letters.
MAX_WORD_CHARACTERS: Final = 64

# str.isalnum, by which \w goes, is not true of the vowel signs of Indic scripts.
_MARKS: Final = "".join(
    re.escape(chr(number))
    for first, last in ((0x300, 0x3100), (0xA600, 0xAC00))
    for number in range(first, last)
    if unicodedata.category(chr(number)) in ("Mn", "Mc")
)
_RUN: Final = re.compile(rf"(?:[^\W_]|[{_MARKS}])+")
# Diacritics of Latin, Greek and Cyrillic, and the vowel points of Hebrew and Arabic, which most
# people leave out. In other scripts such marks make another word.
_DIACRITICS: Final = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670]")
# Thai, Lao, Burmese, Khmer; Chinese, Japanese, Korean.
_PAIRED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_PARTS: Final = re.compile(f"[{_PAIRED}]+|[^{_PAIRED}]+")
_IS_PAIRED: Final = re.compile(f"[{_PAIRED}]")
# A text of ASCII is all words without a case when what is no letter or digit is a blank.
_ASCII: Final = {
    ord(sign): sign.lower() if sign.isalnum() else " " for sign in map(chr, range(128))
}


class Word(NamedTuple):
    """A word as it is compared, and where it is in the text: from ``start`` up to ``end``."""

    word: str
    start: int
    end: int


def words_of(text: str) -> Iterator[Word]:
    """Yield the words of ``text`` in their order; those of pairs overlap."""
    for match in _RUN.finditer(text):
        run, start = match[0], match.start()
        if run.isascii():
            yield Word(run.lower()[:MAX_WORD_CHARACTERS], start, match.end())
            continue
        folded = fold(run)
        # Folding keeps the number of characters, except for a few of compatibility.
        is_aligned = len(folded) == len(run)
        for piece in _RUN.finditer(folded):
            for part in _PARTS.finditer(piece[0]):
                first = start + piece.start() + part.start()
                for word, begin, end in _split(part[0]):
                    place = (first + begin, first + end) if is_aligned else match.span()
                    yield Word(word, *place)


def plain_words(text: str) -> list[str]:
    """Return the words of ``text`` alone, as ``words_of`` yields them."""
    if text.isascii():  # most texts: it takes a fifth of looking for runs
        return [word[:MAX_WORD_CHARACTERS] for word in text.translate(_ASCII).split()]
    words: list[str] = []
    for run in _RUN.findall(text):
        if run.isascii():
            words.append(run.lower()[:MAX_WORD_CHARACTERS])
        else:
            words += [word.word for word in words_of(run)]
    return words


def fold(text: str) -> str:
    """Return ``text`` without what the search does not distinguish."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", _DIACRITICS.sub("", plain))


def is_paired(word: str) -> bool:
    """Return whether ``word`` is of a script whose words are pairs of characters."""
    return _IS_PAIRED.match(word) is not None


def _split(part: str) -> Iterator[Word]:
    if not is_paired(part):
        yield Word(part[:MAX_WORD_CHARACTERS], 0, len(part))
        return
    last = len(part) - 1
    for index in range(last):
        yield Word(part[index : index + 2], index, index + 2)
    yield Word(part[last], last, last + 1)
