"""Splits texts into pieces that fit into lines of IRC, between words where it can be. Pure."""

from collections.abc import Iterable, Iterator

from chat.protocol.unicode.characters import ZWJ, is_ignorable, is_mark


def wrap(text: str, max_bytes: int) -> Iterator[str]:
    """Yield the pieces of one line of text, each of ``max_bytes`` of UTF-8 at most.

    Joined, they are the text: a space between two words stays at the end of the first piece.
    """
    while len(text.encode()) > max_bytes:
        cut = _fitting(text, max_bytes)
        blank = text.rfind(" ", 0, cut)
        # A word that would leave more than half of the line empty is cut instead.
        cut = blank + 1 if blank >= cut // 2 else _before_marks(text, cut)
        yield text[:cut]
        text = text[cut:]
    if text:
        yield text


def packed(words: Iterable[str], max_bytes: int, separator: str = " ") -> Iterator[str]:
    """Yield ``words`` joined into lines of ``max_bytes`` at most; a longer word is alone."""
    line: list[str] = []
    size = 0
    for word in words:
        word_bytes = len(word.encode()) + len(separator)
        if line and size + word_bytes - len(separator) > max_bytes:
            yield separator.join(line)
            line, size = [], 0
        line.append(word)
        size += word_bytes
    if line:
        yield separator.join(line)


def _fitting(text: str, max_bytes: int) -> int:
    """Return how many characters at the beginning of ``text`` have ``max_bytes`` at most."""
    return len(text[:max_bytes].encode()[:max_bytes].decode(errors="ignore"))


def _before_marks(text: str, cut: int) -> int:
    """Return the place at or before ``cut`` where no letter is parted from its marks."""
    place = cut
    while place > 1 and (_belongs(text[place]) or text[place - 1] == ZWJ):
        place -= 1
    return place if place > cut // 2 else cut


def _belongs(character: str) -> bool:
    return is_mark(character) or is_ignorable(character)
