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
# Also what is loaded late.
_IMPORT: Final = re.compile(r"""(?:\bfrom|\bimport)\s*\(?["'](\.{1,2}/[^"'\n]+)["']""")


def texts_of_scripts(static: Path, texts: Collection[str]) -> Mapping[str, Sequence[str]]:
    """Return those of ``texts`` that the scripts of each entry have, in double quotes."""
    quoted = {msgspec.json.encode(text).decode(): text for text in texts}
    return {
        entry: [quoted[literal] for literal in sorted(_literals(static, entry) & quoted.keys())]
        for entry in ENTRIES
    }


def _literals(static: Path, entry: str) -> set[str]:
    """Return what is in double quotes in a script and in all that it imports."""
    found: dict[str, set[str]] = {}
    waiting = [entry]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        source = (static / module).read_text("utf-8")
        found[module] = set(_LITERAL.findall(source))
        imported = _IMPORT.findall(_COMMENT.sub("", source))
        waiting += [normpath(join(dirname(module), path)) for path in imported]
    return set().union(*found.values())
