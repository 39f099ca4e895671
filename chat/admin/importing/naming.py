"""What the people and rooms of an export are called here. Pure.

A person gets the first of their names that is allowed, without the characters that are not, cut to
the longest name. A room is named after its title. A name that is taken, or that only the server may
use, gets the name of the source; then a number.
"""

import hashlib
from collections.abc import Callable, Iterator
from functools import cache

from chat.admin.importing.source import SourcePerson
from chat.errors import InvalidInput
from chat.rooms.names import MAX_NAME_CHARACTERS, check_name
from chat.rooms.titles import check_line, name_for

# More people of one name than any export has.
_MOST = 1000


def user_of(source: str, person: SourcePerson) -> str:
    """Return the id that a person has here: the same each time."""
    digest = hashlib.blake2b(f"{source}\0{person.id}".encode(), digest_size=8).hexdigest()
    return f"{'bot' if person.is_bot else 'guest'}-{digest}"


def name_of(person: SourcePerson, source: str, is_free: Callable[[str], bool]) -> str:
    """Return the first name for ``person`` that is allowed and free."""
    for name in _names(person, source):
        if is_free(name):
            return name
    raise AssertionError("a thousand names are taken")


def room_of(title: str, id: str, source: str, is_free: Callable[[str], bool]) -> str | None:
    """Return a free name for a public room with this title; None if there is none."""
    name = name_for(title) or name_for(f"{source}-{id}")
    return next(filter(is_free, (name, f"{name}-{source}")), None)


def line_of(text: str, most: int) -> str:
    """Return ``text`` as a title or topic: one line of what is allowed, cut to ``most``."""
    for _ in range(2):
        try:
            return check_line(text, "A line", most)
        except InvalidInput:
            allowed = (one for one in text[: 4 * most] if one.isspace() or _is_allowed(one))
            text = "".join(allowed)[:most]
    return ""


def _names(person: SourcePerson, source: str) -> Iterator[str]:
    cleaned = [name for name in map(_cleaned, person.names) if name]
    best = next(filter(_is_name, cleaned), None)
    if best is not None:
        yield best
    base = (best or next(iter(cleaned), "somebody"))[: MAX_NAME_CHARACTERS - 12].strip()
    for number in range(1, _MOST):
        name = f"{base} of {source}" if number == 1 else f"{base} of {source} {number}"
        if _is_name(name):
            yield name


def _cleaned(name: str) -> str:
    if _is_name(name):
        return name
    kept = "".join(one for one in name[: 4 * MAX_NAME_CHARACTERS] if _is_allowed(one))
    return " ".join(kept.split())[:MAX_NAME_CHARACTERS].strip()


def _is_allowed(character: str) -> bool:
    return character == " " or _is_name(f"a{character}")


@cache
def _is_name(name: str) -> bool:
    try:
        return check_name(name) == name
    except InvalidInput:
        return False
