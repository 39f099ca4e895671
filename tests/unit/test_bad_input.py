"""The tests that docs/bad-input.md names are there."""

import re
from pathlib import Path

from tests.unit.test_docs import rows

ROOT = Path(__file__).parents[2]
HEADING = "Found from outside, and in operation"


def test_every_row_names_tests_that_are_there() -> None:
    missing = []
    for row in rows("bad-input.md", HEADING):
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
