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
# Also what is loaded late.
_IMPORT: Final = re.compile(r"""(?:\bfrom|\bimport)\s*\(?["'](\.{1,2}/[^"'\n]+)["']""")


def texts_of_scripts(static: Path, texts: Collection[str]) -> Mapping[str, Sequence[str]]:
    """Return those of ``texts`` that the scripts of each entry have, in double quotes."""
    return {entry: _texts_of(_sources(static, entry), texts) for entry in ENTRIES}


def _texts_of(sources: str, texts: Collection[str]) -> Sequence[str]:
    return [text for text in texts if msgspec.json.encode(text).decode() in sources]


def _sources(static: Path, entry: str) -> str:
    """Return the sources of a script and of all that it imports."""
    found: dict[str, str] = {}
    waiting = [entry]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found[module] = (static / module).read_text("utf-8")
        imported = _IMPORT.findall(_COMMENT.sub("", found[module]))
        waiting += [normpath(join(dirname(module), path)) for path in imported]
    return "\n".join(found.values())
