from typing import Any

import pytest

from chat.client import lines
from chat.client.lines import printable


def line_of(message: dict[str, Any], site: str = "") -> str:
    return lines.text_of(lines.line_of(message, site))


@pytest.mark.parametrize(
    "evil",
    ["\x1b", "\x07", "\x9b", "\r", "\b", "\x7f", "\0", "\u202e", "\u2066", "\u2028", "\ud800"],
)
def test_nothing_that_steers_a_terminal_is_printed(evil: str) -> None:
    assert printable(f"a{evil}b") == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize("text", ["Grüße", "日本語", "👩\u200d🚀", "שלום", "a b"])
def test_what_people_write_is_printed(text: str) -> None:
    assert printable(text) == text


def test_further_lines_are_indented_so_that_nobody_can_speak_for_another() -> None:
    message = {
        "time": "2026-11-22T12:00:00.000Z",
        "name": "Ann\x1b",
        "text": "one\n12:01 Bob: two",
    }
    line = line_of(message)
    assert line[5:] == " Ann\N{REPLACEMENT CHARACTER}: one\n      12:01 Bob: two"


def test_files_are_lines_with_their_address() -> None:
    file = {"id": "0a" * 16, "name": "a b\u202e.png", "type": "image/png", "bytes": 483_112}
    message = {"time": "2026-01-01T00:00:00.000Z", "name": "Ada", "text": "", "files": [file]}
    said = line_of(message, "https://chat.example")
    where = f"https://chat.example/files/{'0a' * 16}/a%20b%E2%80%AE.png"
    assert said.endswith(f" Ada: a b\N{REPLACEMENT CHARACTER}.png (image/png, 483 KB) {where}")
    first, *others = line_of({**message, "text": "one\ntwo", "files": [file, file]}).split("\n")
    assert first.endswith("Ada: one")
    assert [line[:6] for line in others] == ["      "] * 3


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 KB"),
        (99_999, "100 KB"),
        (2 * 10**9, "2.0 GB"),
    ],
)
def test_sizes_are_short(count: int, shown: str) -> None:
    file = {"id": "0a" * 16, "name": "a", "type": "text/plain", "bytes": count}
    message = {"time": "2026-01-01T00:00:00.000Z", "name": "Ada", "text": "", "files": [file]}
    assert f"(text/plain, {shown})" in line_of(message)
