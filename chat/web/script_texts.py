"""Finds the texts that the scripts of a page may show: the page brings them in its language."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Final

import msgspec

# The first script of each page that has texts.
ENTRIES: Final = ("js/main.js", "js/doctor/main.js", "js/signin/main.js")
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)  # types in comments are never loaded
_LITERAL: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LATE: Final = re.compile(r"\blate\(\(\) => import\([^)]*\)\)")
# Also what is loaded when it is needed.
_IMPORT: Final = re.compile(r"""(?:\bfrom|\bimport)\s*\(?["'](\.{1,2}/[^"'\n]+)["']""")


def texts_of_scripts(
    static: Path, texts: Collection[str], *, has_late: bool = False
) -> Mapping[str, Sequence[str]]:
    """Return those of ``texts`` that the scripts of each entry have, in double quotes.

    Without ``has_late`` these are not those of modules that few visitors need, which are loaded by
    ``late`` of static/js/views/dialogs.js.
    """
    quoted = {msgspec.json.encode(text).decode(): text for text in texts}
    found = {entry: _literals(static, entry, has_late=has_late) for entry in ENTRIES}
    return {
        entry: [quoted[literal] for literal in sorted(literals & quoted.keys())]
        for entry, literals in found.items()
    }


def _literals(static: Path, entry: str, *, has_late: bool) -> set[str]:
    """Return what is in double quotes in a script and in all that it imports."""
    found: dict[str, set[str]] = {}
    waiting = [entry]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        source = (static / module).read_text("utf-8")
        found[module] = set(_LITERAL.findall(source))
        source = _COMMENT.sub("", source)
        imported = _IMPORT.findall(source if has_late else _LATE.sub("", source))
        waiting += [normpath(join(dirname(module), path)) for path in imported]
    return set().union(*found.values())
