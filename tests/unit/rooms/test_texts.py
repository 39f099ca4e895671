"""What may be said, and what one may be called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.errors import InvalidInput
from chat.protocol.codes import Code
from chat.rooms.texts import (
    MAX_NAME_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    check_name,
    check_text,
    digest,
)


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


@pytest.mark.parametrize("text", ["", " ", "\n", "\u00a0", "\u200b", "\u2060", "\u0301", "\x1b"])
def test_a_text_without_anything_to_see_is_empty(text: str) -> None:
    assert refusal(check_text, text) == Code.EMPTY


@pytest.mark.parametrize("text", [".", "\u4e2d", "\U0001f600", " x ", "\u202ex"])
def test_one_visible_character_is_enough(text: str) -> None:
    assert check_text(text) == text


def test_digests_tell_texts_apart() -> None:
    assert digest("a") == digest("a") != digest("b")


@given(st.text(max_size=40))
def test_a_name_that_was_checked_passes_again_unchanged(name: str) -> None:
    try:
        checked = check_name(name)
    except InvalidInput:
        return
    assert check_name(checked) == checked
    assert 1 <= len(checked) <= MAX_NAME_CHARACTERS
    assert checked == " ".join(checked.split())


def test_a_name_has_at_most_32_characters() -> None:
    assert check_name("x" * MAX_NAME_CHARACTERS)
    assert refusal(check_name, "x" * (MAX_NAME_CHARACTERS + 1)) == Code.TOO_LONG


def test_a_name_is_composed_and_spaced_alike() -> None:
    assert check_name("  Jose\u0301 \t\n Luis ") == "Jos\u00e9 Luis"


@pytest.mark.parametrize("name", ["a\0", "a\x1b[1m", "a\u202eb", "a\u200bb", "\ue000", "a\ufeffb"])
def test_a_name_has_no_characters_that_hide_or_turn_others(name: str) -> None:
    assert refusal(check_name, name) == Code.BAD_COMMAND


def test_a_letter_carries_four_marks_and_not_five() -> None:
    # U+0334 composes with nothing, so all of them are left by NFC.
    assert check_name("x" + "\u0334" * 4)
    assert refusal(check_name, "x" + "\u0334" * 5) == Code.BAD_COMMAND


def test_emoji_that_are_joined_are_one_name() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert check_name(family) == family


def test_a_name_needs_something_to_see() -> None:
    assert refusal(check_name, " \t") == Code.EMPTY
    assert refusal(check_name, "\u200d") == Code.EMPTY
