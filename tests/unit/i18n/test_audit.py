"""The page has a sentence for what the audit log records."""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]


def test_the_page_has_a_sentence_for_each_action_that_is_recorded() -> None:
    paths = [*(ROOT / "chat/service").glob("*.py"), *(ROOT / "chat/admin").rglob("*.py")]
    sources = "".join(path.read_text() for path in paths)
    recorded = re.findall(
        r'\.(?:record|audit|note)\(\s*(?:(?:person|NOBODY|OPERATOR), )?"(\w+)"', sources
    )
    assert {"create", "sign_in"} <= set(recorded)
    words = (ROOT / "static/js/dialogs/audit_words.js").read_text()
    sentences = set(re.findall(r'^  "?([\w ]+)"?: \(', words, re.MULTILINE))
    assert set(recorded) - sentences == set()
