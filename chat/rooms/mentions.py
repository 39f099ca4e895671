"""Who is called in a text: ``@name``, found once, when it is sent. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from chat.protocol.pushes import Person
from chat.protocol.unicode.skeleton import caseless
from chat.rooms.names import MAX_RAW_CHARACTERS

# Each person is notified on all devices, so one message must not ring at everybody's.
MAX_MENTIONS: Final = 20
# A text with more of them calls nobody: each costs a look at as many characters as a name may have.
MAX_SIGNS: Final = 100
# An @, be it wide or small: to Unicode's compatibility they are one.
_SIGN: Final = re.compile("[@\uff20\ufe6b]")
# What the page puts behind a name that several people bear (static/js/names.js): the end of an id.
_TAIL: Final = re.compile("\u00b7([a-z0-9_-]{4,})")


class Names:
    """What the people of a room are called, for looking up."""

    def __init__(self, people: Iterable[Person]) -> None:
        """Where several people bear a name, those who come first are called first."""
        self._bearers: dict[str, list[str]] = {}
        for person in people:
            if not (name := caseless(person.name)):
                continue  # given by a version that took any text
            users = self._bearers.setdefault(name, [])
            if person.user not in users:
                users.append(person.user)
        self._lengths = sorted({len(name) for name in self._bearers}, reverse=True)

    def called_at(self, text: str) -> Sequence[str]:
        """Return the users who bear the longest name, as a whole word, that ``text`` begins with.

        ``text`` is caseless. The end of an id behind the name, as the page shows it, chooses
        among those who bear it.
        """
        for length in self._lengths:
            users = self._bearers.get(text[:length])
            if users is None or _goes_on(text, length):
                continue
            if tail := _TAIL.match(text, length):
                chosen = [user for user in users if user.casefold().endswith(tail[1])]
                return chosen or users
            return users
        return ()


def may_mention(text: str) -> bool:
    """Return whether there is a sign in ``text`` for which names are to be looked up."""
    return _SIGN.search(text) is not None


def find_mentions(text: str, names: Names, *, author: str) -> list[str]:
    """Return the users who are called in ``text``, each once, without its author.

    A name is compared as Unicode compares identifiers: whatever its case, composed or decomposed.
    """
    found: dict[str, None] = {}
    signs = [sign.start() for sign in _SIGN.finditer(text) if _begins(text, sign.start())]
    for start in signs[:MAX_SIGNS]:
        # So much, and no more, is put into normal form: that takes time that grows with the square
        # of the number of combining marks.
        beginning = caseless(text[start + 1 : start + 1 + MAX_RAW_CHARACTERS])
        found |= dict.fromkeys(user for user in names.called_at(beginning) if user != author)
        if len(found) >= MAX_MENTIONS:
            break
    return list(found)[:MAX_MENTIONS]


def _begins(text: str, start: int) -> bool:
    """Return whether the sign at ``start`` is in no word, as that of an e-mail address is."""
    return start == 0 or not _is_of_word(text[start - 1])


def _goes_on(text: str, end: int) -> bool:
    """Return whether the word, or the emoji, that ends at ``end`` goes on there."""
    if end >= len(text):
        return False
    last, following = text[end - 1], text[end]
    return _is_of_word(following) or (_is_symbol(last) and _is_symbol(following))


def _is_of_word(character: str) -> bool:
    # Marks too: with one more vowel sign it is another name.
    return character in "-_" or unicodedata.category(character)[0] in "LNM"


def _is_symbol(character: str) -> bool:
    return unicodedata.category(character) in ("So", "Sk")
