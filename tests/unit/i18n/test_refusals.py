"""The page translates messages of the server by their English text: the server still says them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
SHORTEST: Final = 12  # letters of a message; f"{name}." would match any


def messages_of(source: str) -> Iterator[str]:
    """Yield the texts in a program, with a NUL for what is filled in."""
    for node in ast.walk(ast.parse(source)):
        values = node.values if isinstance(node, ast.JoinedStr) else [node]
        texts = [value.value if isinstance(value, ast.Constant) else None for value in values]
        if sum(len(text) for text in texts if isinstance(text, str)) >= SHORTEST:
            yield "".join(text if isinstance(text, str) else "\0" for text in texts)


def test_the_server_says_each_message_that_the_page_knows() -> None:
    known = re.findall(r'tLater\("(.+)"\)', (ROOT / "static/js/refusals.js").read_text())
    assert len(known) > 20
    sources = [path.read_text() for path in (ROOT / "chat").rglob("*.py")]
    said = {text for source in sources for text in messages_of(source)}
    filled = [re.escape(text).replace("\0", ".*") for text in said if "\0" in text]
    pattern = re.compile("|".join(filled))
    assert [text for text in known if text not in said and not pattern.fullmatch(text)] == []
