"""Finds the texts that the scripts of a page may show: the page brings them in its language."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Final, NamedTuple

import msgspec

# The first script of each page that has texts.
ENTRIES: Final = ("js/main.js", "js/doctor/main.js", "js/signin/main.js")
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)  # types in comments are never loaded
_LITERAL: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LATE: Final = re.compile(r"""\blate\(\(\) => import\(["'](\.{1,2}/[^"'\n]+)["']\)\)""")
# Also what is loaded when it is needed.
_IMPORT: Final = re.compile(r"""(?:\bfrom|\bimport)\s*\(?["'](\.{1,2}/[^"'\n]+)["']""")


class ScriptTexts(NamedTuple):
    """The texts of a page's scripts; ``late`` are those of modules that few visitors need.

    These are loaded by ``late`` of static/js/views/dialogs.js.
    """

    at_once: Sequence[str]
    late: Sequence[str]


def texts_of_scripts(static: Path, texts: Collection[str]) -> Mapping[str, ScriptTexts]:
    """Return those of ``texts`` that the scripts of each entry have, in double quotes."""
    quoted = {msgspec.json.encode(text).decode(): text for text in texts}
    return {
        entry: ScriptTexts(
            *(
                [quoted[literal] for literal in sorted(literals & quoted.keys())]
                for literals in _literals(static, entry)
            )
        )
        for entry in ENTRIES
    }


def _literals(static: Path, entry: str) -> tuple[set[str], set[str]]:
    """Return what is in double quotes in a script and what it imports, and in late ones alone."""
    found: dict[str, set[str]] = {}
    late = _walk(static, [entry], found)
    at_once = set().union(*found.values())
    while late:
        late = _walk(static, late, found)
    return at_once, set().union(*found.values()) - at_once


def _walk(static: Path, waiting: list[str], found: dict[str, set[str]]) -> list[str]:
    """Add to ``found`` the modules ``waiting`` and what they import; return what they load late."""
    late: list[str] = []
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        source = (static / module).read_text("utf-8")
        found[module] = set(_LITERAL.findall(source))
        source = _COMMENT.sub("", source)
        for pattern, modules in ((_LATE, late), (_IMPORT, waiting)):
            modules += [normpath(join(dirname(module), path)) for path in pattern.findall(source)]
            source = pattern.sub("", source)
    return late
