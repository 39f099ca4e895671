"""Reads and writes the generated tables in docs/; two comments mark the place of each."""

import re
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).parents[1] / "docs"


def put(page: str, name: str, text: str) -> None:
    """Write ``text`` to the place ``name`` of ``page``. Raises ValueError if there is none."""
    path = DOCS / page
    before = path.read_text()
    if not (found := _place(name).search(before)):
        raise ValueError(f"{path} has no place for {name}")
    path.write_text(f"{before[: found.start(1)]}{text.strip()}{before[found.end(1) :]}")


def said(page: str, name: str) -> str:
    """Return the text at the place ``name`` of ``page``. Raises ValueError if there is none."""
    found = _place(name).search((DOCS / page).read_text())
    if not found:
        raise ValueError(f"{page} has no place for {name}")
    return found[1]


def _place(name: str) -> re.Pattern[str]:
    mark = re.escape(f"<!-- {name}: written by ")
    return re.compile(rf"{mark}[^\n]*-->\n\n(.*?)\n\n<!-- end -->", re.DOTALL)
