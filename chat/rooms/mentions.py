"""Finds the users mentioned in a text (``@name``), once, when it is sent. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from chat.protocol.pushes import Person
from chat.protocol.unicode.skeleton import caseless
from chat.rooms.names import MAX_NAME_CHARACTERS, MAX_RAW_CHARACTERS

# Each mention notifies a person on all devices, so one message must not mention everybody.
MAX_MENTIONS: Final = 20
# Names that may follow one of the first MAX_MENTIONS signs: each is looked up.
MAX_POSSIBLE: Final = 8
# Signs beyond these mention nobody: each costs a look at as many characters as a name may have.
MAX_SIGNS: Final = 100
# An @, also a full-width or small one: Unicode's compatibility mapping makes them equal.
_SIGN: Final = re.compile("[@\uff20\ufe6b]")
# The end of a user id, as the page appends it to a name of several people (static/js/names.js).
_TAIL: Final = re.compile("\u00b7([a-z0-9_-]{4,})")


class Names:
    """An index of the names of a room's people."""

    def __init__(self, people: Iterable[Person]) -> None:
        """Index ``people``; those with the same name keep their order."""
        self._bearers: dict[str, list[str]] = {}
        for person in people:
            if not (name := caseless(person.name)):
                continue  # from a version that allowed any text as a name
            users = self._bearers.setdefault(name, [])
            if person.user not in users:
                users.append(person.user)
        self._lengths = sorted({len(name) for name in self._bearers}, reverse=True)

    def extended(self, people: Iterable[Person]) -> "Names":
        """Return an index that has ``people``, too, after those of the same name."""
        names = Names(people)
        for name, users in self._bearers.items():
            others = names._bearers.get(name, [])
            names._bearers[name] = list(dict.fromkeys([*users, *others]))
        names._lengths = sorted({len(name) for name in names._bearers}, reverse=True)
        return names

    def called_at(self, text: str) -> Sequence[str]:
        """Return the users with the longest name that the caseless ``text`` begins with, as a word.

        The end of a user id after it, as the page shows it, selects among users of this name.
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
    """Return whether ``text`` has an @, so that names must be looked up."""
    # Each text is asked, and a search by the pattern takes five times as long.
    return "@" in text or "\uff20" in text or "\ufe6b" in text


def possible_names(text: str) -> list[str]:
    """Return what may be a name of somebody, whoever is in the room: up to the end of a word."""
    found: dict[str, None] = {}
    for start in _signs(text)[:MAX_MENTIONS]:
        rest = text[start + 1 : start + 2 + MAX_NAME_CHARACTERS]
        ends = [
            length
            for length in range(1, min(len(rest), MAX_NAME_CHARACTERS) + 1)
            if not rest[length - 1].isspace() and not _goes_on(rest, length)
        ]
        found |= dict.fromkeys(rest[:end] for end in ends[:MAX_POSSIBLE])
    return list(found)


def find_mentions(text: str, names: Names, *, author: str) -> list[str]:
    """Return whom ``text`` mentions, without its author; case and composition don't matter."""
    found: dict[str, None] = {}
    for start in _signs(text)[:MAX_SIGNS]:
        # Not more: the time to normalise grows with the square of the number of combining marks.
        beginning = caseless(text[start + 1 : start + 1 + MAX_RAW_CHARACTERS])
        found |= dict.fromkeys(user for user in names.called_at(beginning) if user != author)
        if len(found) >= MAX_MENTIONS:
            break
    return list(found)[:MAX_MENTIONS]


def _signs(text: str) -> list[int]:
    return [sign.start() for sign in _SIGN.finditer(text) if _begins(text, sign.start())]


def _begins(text: str, start: int) -> bool:
    """Return whether the @ at ``start`` is outside a word, unlike that of an e-mail address."""
    return start == 0 or not _is_of_word(text[start - 1])


def _goes_on(text: str, end: int) -> bool:
    """Return whether the word or emoji before ``end`` continues there."""
    if end >= len(text):
        return False
    last, following = text[end - 1], text[end]
    return _is_of_word(following) or (_is_symbol(last) and _is_symbol(following))


def _is_of_word(character: str) -> bool:
    # Marks too: one more vowel sign makes another name.
    return character in "-_" or unicodedata.category(character)[0] in "LNM"


def _is_symbol(character: str) -> bool:
    return unicodedata.category(character) in ("So", "Sk")
