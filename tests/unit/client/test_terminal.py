import pytest

from chat.client.terminal import line_of, printable


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
