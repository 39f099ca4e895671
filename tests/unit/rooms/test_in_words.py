"""What a message says where its files can't be seen."""

import pytest

from chat.protocol.entries import FileInfo
from chat.rooms.in_words import in_words

SEA, PLAN = (
    FileInfo(id="0a" * 16, name=name, type="text/plain", bytes=1) for name in ("sea.png", "plan")
)


@pytest.mark.parametrize(
    ("text", "files", "expected"),
    [
        ("look", [], "look"),
        ("look\nhere", [SEA, PLAN], "look\nhere\nsea.png\nplan"),
        ("", [SEA], "sea.png"),
        ("", [], ""),
    ],
)
def test_the_names_of_files_stand_behind_the_text(
    text: str, files: list[FileInfo], expected: str
) -> None:
    assert in_words(text, files) == expected
