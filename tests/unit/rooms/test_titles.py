"""Titles, topics and reasons are lines that fit among others."""

import pytest

from chat.errors import InvalidInput
from chat.protocol.codes import Code
from chat.protocol.cursor import parse_room
from chat.rooms.access import Access, access_of
from chat.rooms.titles import (
    MAX_TITLE_CHARACTERS,
    MAX_TOPIC_CHARACTERS,
    check_title,
    check_topic,
    name_for,
)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("Family", "Family"),
        ("  two \t lines\nof  it ", "two lines of it"),
        ("Cafe\u0301", "Caf\u00e9"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        (
            "\U0001f468\u200d\U0001f469\u200d\U0001f467 holidays",
            "\U0001f468\u200d\U0001f469\u200d\U0001f467 holidays",
        ),
    ],
)
def test_a_title_is_one_line_in_one_form(given: str, stored: str) -> None:
    assert check_title(given) == stored


def refusal(title: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        check_title(title)
    return caught.value.code


@pytest.mark.parametrize("text", ["\u202eevil", "a\0b", "a\u0007", "a" + "\u0301" * 9, "\ue000"])
def test_what_deforms_other_lines_is_refused(text: str) -> None:
    assert refusal(text) == Code.BAD_COMMAND


@pytest.mark.parametrize("text", ["", " ", "\u0301"])
def test_a_title_has_something_to_see(text: str) -> None:
    assert refusal(text) == Code.EMPTY


def test_a_title_and_a_topic_have_so_many_characters_and_no_more() -> None:
    assert check_title("t" * MAX_TITLE_CHARACTERS)
    assert refusal("t" * (MAX_TITLE_CHARACTERS + 1)) == Code.TOO_LONG
    assert refusal("t" * 2000) == Code.TOO_LONG
    assert check_topic("") == ""
    assert check_topic("t" * MAX_TOPIC_CHARACTERS)
    with pytest.raises(InvalidInput):
        check_topic("t" * (MAX_TOPIC_CHARACTERS + 1))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Rust & Go", "rust-go"),
        ("Caf\u00e9 \u00dcber", "cafe-uber"),
        ("T2", "t2"),
        ("P-complete", "pcomplete"),
        ("\u5929\u6c17", ""),
        ("-- x --", "x"),
    ],
)
def test_a_public_room_can_be_named_after_its_title(title: str, name: str) -> None:
    assert name_for(title) == name
    if name:
        assert access_of(parse_room(name)) is Access.PUBLIC
