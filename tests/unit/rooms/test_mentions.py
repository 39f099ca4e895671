"""A name is mentioned as a whole word behind an @."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.rooms.mentions import is_mentioned


@pytest.mark.parametrize(
    "text", ["@Ada", "hi @ada!", "(@ADA)", "@bob @ada", "@ada's", "\u00bb@ada\u00ab", "@@ada"]
)
def test_a_mention_is_seen_whatever_its_case_and_surroundings(text: str) -> None:
    assert is_mentioned("Ada", text)


@pytest.mark.parametrize(
    "text", ["Ada", "@adam", "mail@ada", "@ada-x", "@ada_x", "@ ada", "@ad", "", "@", "-@ada"]
)
def test_part_of_a_word_is_no_mention(text: str) -> None:
    assert not is_mentioned("Ada", text)


def test_a_mention_behind_part_of_a_word_is_seen() -> None:
    assert is_mentioned("Ada", "@adam @ada")


def test_names_with_spaces_and_of_other_scripts_are_mentioned() -> None:
    assert is_mentioned("Jos\u00e9 Luis", "@jos\u00e9 luis, look")
    assert is_mentioned("\u738b", "@\u738b ")
    assert is_mentioned("Stra\u00dfe", "@STRASSE")


@given(st.text(min_size=1), st.text())
def test_a_name_alone_behind_an_at_is_always_a_mention(name: str, text: str) -> None:
    assert is_mentioned(name, f"{text} @{name} {text}")
