"""What may be said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.errors import InvalidInput
from chat.protocol.codes import Code
from chat.rooms.texts import MAX_TEXT_CHARACTERS, check_text, digest


def refusal(check: object, text: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        check(text)  # type: ignore[operator]
    return caught.value.code


@given(st.text())
def test_a_text_is_kept_but_for_its_line_ends_or_refused(text: str) -> None:
    try:
        checked = check_text(text)
    except InvalidInput as error:
        assert error.code in (Code.EMPTY, Code.TOO_LONG, Code.BAD_COMMAND)
    else:
        assert checked == "\n".join(text.replace("\r\n", "\n").split("\r"))
        assert check_text(checked) == checked


def test_a_text_has_at_most_4000_characters_line_ends_counted_once() -> None:
    assert check_text("x" * MAX_TEXT_CHARACTERS)
    assert len(check_text("x" + "\r\n" * (MAX_TEXT_CHARACTERS - 1))) == MAX_TEXT_CHARACTERS
    assert refusal(check_text, "x" * (MAX_TEXT_CHARACTERS + 1)) == Code.TOO_LONG


def test_a_text_far_too_long_is_refused_before_it_is_looked_at() -> None:
    # Twice as many characters may become as many, by their line ends; more can't.
    assert refusal(check_text, "\r\n" * MAX_TEXT_CHARACTERS) == Code.EMPTY
    assert refusal(check_text, "\r\n" * MAX_TEXT_CHARACTERS + "\n") == Code.TOO_LONG


def test_carriage_returns_end_lines_as_line_feeds_do() -> None:
    assert check_text("a\r\nb\rc\nd\r\r\ne") == "a\nb\nc\nd\n\ne"


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "\n", "\u00a0", "\u200b", "\u2060", "\u0301", "\x1b"),
        *("\u3164", "\u2800", "\u115f", "\u1160", "\uffa0", "\ufe0f", "\U000e0100", "\ufffc"),
        *("\U0001d159", "\u0301\u0316", "\u3164 \u2800\n\u0488"),
    ],
)
def test_a_text_without_anything_to_see_is_empty(text: str) -> None:
    assert refusal(check_text, text) == Code.EMPTY


@pytest.mark.parametrize("text", [".", "\u4e2d", "\U0001f600", " x ", "\u202ex", "\U0001fae8"])
def test_one_visible_character_is_enough(text: str) -> None:
    assert check_text(text) == text


def test_digests_tell_texts_apart() -> None:
    assert digest("a") == digest("a") != digest("b")
