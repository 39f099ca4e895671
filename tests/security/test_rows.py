"""docs/bad-input.md and the tests have the same rows."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
DOCS = TESTS.parents[1] / "docs"
ROWS = 80


def test_every_row_of_the_docs_has_its_test_and_every_such_test_its_row() -> None:
    listed = [
        int(n) for n in re.findall(r"^\| (\d+) \|", (DOCS / "bad-input.md").read_text(), re.M)
    ]
    assert listed == list(range(1, ROWS + 1))
    sources = "".join(path.read_text() for path in TESTS.glob("test_*.py"))
    tested = {int(n) for n in re.findall(r"def test_row_(\d\d)_", sources)}
    assert tested == set(listed)
