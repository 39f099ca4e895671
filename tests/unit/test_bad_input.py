"""The tests that docs/bad-input.md names are there."""

import re
from pathlib import Path

import pytest

from tests.unit.test_docs import rows

ROOT = Path(__file__).parents[2]
HEADINGS = ("Files", "Found from outside, and in operation")


@pytest.mark.parametrize("heading", HEADINGS)
def test_every_row_names_tests_that_are_there(heading: str) -> None:
    missing = []
    for row in rows("bad-input.md", heading):
        file = ""
        for path, name in re.findall(r"((?:tests|deploy)/[\w/.]+\w)?(?:::([\w:]+))?", row[-1]):
            file = path or file
            if path and not (ROOT / path).exists():
                missing.append(path)
            last = name.rpartition(":")[2]
            if name and not re.search(rf"\b(def|class) {last}\b", (ROOT / file).read_text()):
                missing.append(f"{file}::{name}")
        assert file, row
    assert not missing
