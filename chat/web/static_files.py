"""The styles, scripts and images, in memory: the bundled ones, and all others as they are."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Final

from chat.http.encodings import compress
from chat.web.bundle import bundle, read_below

VERSION_DIGITS: Final = 12
_COMPRESSIBLE: Final = frozenset({".css", ".js", ".map", ".json", ".svg", ".txt"})
# Types in comments are imported, too, but never loaded.
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_IMPORT: Final = re.compile(r"""(?:\bfrom|\bimport)\s*["'](\.{1,2}/[^"'\n]+)["']""")


@dataclass(frozen=True, eq=False)
class StaticFiles:
    """All static files by their paths in URLs; ``version`` changes with any of them."""

    version: str
    contents: Mapping[str, bytes]

    @cache  # noqa: B019  # there is one for each folder
    def encoded(self, path: str, encoding: str) -> bytes | None:
        """Return a file in ``encoding``; None if its type is not compressed, or it gets no shorter.

        The first time takes long: call it in a thread.
        """
        is_text = Path(path).suffix in _COMPRESSIBLE
        return compress(self.contents[path], encoding) if is_text else None

    @cache  # noqa: B019
    def tag(self, path: str) -> str:
        return hashlib.sha256(self.contents[path]).hexdigest()[:32]

    @cache  # noqa: B019
    def modules(self, *entries: str) -> Sequence[str]:
        """Return the modules that ``entries`` load at once, in the order in which they run."""
        found: dict[str, None] = {}
        for entry in entries:
            self._collect(entry, found, set())
        return tuple(found)

    def _collect(self, module: str, found: dict[str, None], begun: set[str]) -> None:
        if module in begun:
            return
        begun.add(module)
        for imported in self._imports(module):
            self._collect(imported, found, begun)
        found[module] = None

    def _imports(self, module: str) -> Iterator[str]:
        text = _COMMENT.sub("", self.contents[module].decode())
        for path in _IMPORT.findall(text):
            yield normpath(join(dirname(module), path))


@cache  # a deploy restarts us
def static_files(folder: Path, *, is_bundled: bool) -> StaticFiles:
    """Return the files below ``folder``; bundling them takes some tenths of a second."""
    files = read_below(folder)
    if is_bundled:
        files |= bundle(folder)
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path}\0{hashlib.sha256(files[path]).hexdigest()}\0".encode())
    return StaticFiles(digest.hexdigest()[:VERSION_DIGITS], files)
